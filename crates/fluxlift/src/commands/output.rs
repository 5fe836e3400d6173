//! `output`: what units left behind. It reads the state without its lock, so that hooks may call it.

use std::collections::BTreeMap;

use clap::Args;
use fluxlift_core::{ErrorKind, UnitPath, Value};
use fluxlift_engine::unit::Values;
use serde_json::{Value as Json, json};

use super::outcome::{printed, refused};
use crate::args::{Global, Scope, this_folder};
use crate::run::{Setting, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, Table, print_document, print_text};
use crate::workspace::Workspace;

/// Show the outputs. Secrets are hidden unless they are asked for.
#[derive(Debug, Args)]
pub struct Output {
    /// Only this output, in clear
    pub name: Option<String>,
    /// The output as bare text, without quotes
    #[arg(long, requires = "name")]
    pub raw: bool,
    /// The same as `-o json`
    #[arg(long)]
    pub json: bool,
    /// Show secrets in clear
    #[arg(long)]
    pub show_sensitive: bool,
}

pub(super) fn execute(args: &Output, scope: Scope, global: &Global, system: &System) -> Result<u8, Failure> {
    let workspace = Workspace::open(global, system, "output", scope)?;
    let outputs = on_runtime(async {
        let setting = Setting::real(system, "output");
        let engine = setting.engine(&workspace);
        engine.outputs().await.map_err(refused)
    })?;
    let format = if args.json { OutputFormat::Json } else { global.format };
    let own = outputs.get(&this_folder());
    if let Some(name) = &args.name {
        let own = match scope {
            Scope::One => own,
            Scope::All => the_only_one_with(name, &outputs)?,
        };
        return one(name, own, args.raw, format);
    }
    let document = |values: &Values| -> Json { values.iter().map(|(k, v)| (k.clone(), shown(v, args))).collect() };
    let empty = Values::new();
    printed(match scope {
        Scope::One => {
            let values = own.unwrap_or(&empty);
            print_document(format, &document(values), || text([(&this_folder(), values)]))
        }
        Scope::All => {
            let all: Json = outputs.iter().map(|(unit, values)| (unit.to_string(), document(values))).collect();
            print_document(format, &all, || text(&outputs))
        }
    })?;
    Ok(0)
}

/// The outputs of the unit that has `name`, of all of them.
fn the_only_one_with<'a>(name: &str, outputs: &'a BTreeMap<UnitPath, Values>) -> Result<Option<&'a Values>, Failure> {
    let with: Vec<_> = outputs.iter().filter(|(_, values)| values.contains_key(name)).collect();
    match with.as_slice() {
        [] => {
            let hint = "`fluxlift run-all output` shows all of them";
            Err(Failure::new(ErrorKind::Failed, format!("no unit has an output {name}")).with_hint(hint))
        }
        [(_, values)] => Ok(Some(values)),
        several => {
            let units: Vec<&str> = several.iter().map(|(unit, _)| unit.as_str()).collect();
            let hint = format!("ask one of them, in its folder: {}", units.join(", "));
            Err(Failure::new(ErrorKind::Failed, format!("several units have an output {name}")).with_hint(hint))
        }
    }
}

fn one(name: &str, own: Option<&Values>, raw: bool, format: OutputFormat) -> Result<u8, Failure> {
    let value = own.and_then(|values| values.get(name)).ok_or_else(|| {
        let known: Vec<&str> = own.into_iter().flat_map(|values| values.keys().map(String::as_str)).collect();
        let hint = match known.as_slice() {
            [] if own.is_none() => "it was never applied: run `fluxlift apply` first".to_owned(),
            [] => "it has none at all".to_owned(),
            known => format!("there is {}", known.join(", ")),
        };
        Failure::new(ErrorKind::Failed, format!("the unit has no output {name}")).with_hint(hint)
    })?;
    let json = value.reveal();
    printed(match (raw, value.as_str()) {
        (true, Some(text)) => print_text(text),
        (true, None) => print_text(&json.to_string()),
        (false, _) => print_document(format, &json, || format!("{json:#}\n")),
    })?;
    Ok(0)
}

fn shown(value: &Value, args: &Output) -> Json {
    let json = if args.show_sensitive { value.reveal() } else { value.redacted() };
    json!({ "sensitive": value.has_sensitive(), "value": json })
}

fn text<'a>(outputs: impl IntoIterator<Item = (&'a UnitPath, &'a Values)>) -> String {
    let mut table = Table::new(["UNIT", "OUTPUT", "VALUE"]);
    for (unit, values) in outputs {
        for (name, value) in values {
            table.row([unit.to_string(), name.clone(), brief(&value.redacted().to_string())]);
        }
    }
    table.render()
}

/// The beginning of a long text; the whole is in the other formats.
fn brief(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
