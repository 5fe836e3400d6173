//! `read_terragrunt_config`.

use std::collections::BTreeMap;
use std::path::Path;

use fluxlift_core::Value;

use super::block::Reader;
use super::exposed::exposed;
use super::include::merge_all;
use super::layers::Layer;
use super::opened::Opened;
use crate::error::{Fault, Outcome};
use crate::eval::Evaluator;
use crate::functions::Context;
use crate::syntax::{SourceText, lock};

/// The configuration in `path`: its `locals` and `inputs`, with what it includes merged in. Inputs that need the
/// outputs of other units are unknown.
pub(crate) fn read_config(context: &Context<'_>, path: &Path) -> Outcome<Value> {
    let session = context.session;
    let key = (path.to_owned(), context.place.unit_dir.clone(), context.place.command.clone());
    if let Some(value) = lock(&session.configs).get(&key) {
        return Ok(value.clone());
    }
    let place = context.place.read(path);
    let unread = |message: String| {
        let nowhere = SourceText { path: path.to_owned(), shown: session.sources.shown(path), text: "".into() };
        Fault::at(&nowhere, None, message)
    };
    let opened = Opened::open_path(session, path, place, true, unread)?;
    let layers = Layer::of(&opened);
    let inputs = layers.iter().map(|layer| Ok((inputs_of(context, layer.opened)?, layer.merge)));
    let inputs = match merge_all(inputs.collect::<Outcome<_>>()?) {
        Value::Null => Value::Map(BTreeMap::new()),
        inputs => inputs,
    };
    let value = exposed(opened.locals(), inputs);
    lock(&session.configs).insert(key, value.clone());
    Ok(value)
}

fn inputs_of(context: &Context<'_>, opened: &Opened) -> Outcome<Value> {
    let context = Context { session: context.session, place: &opened.place };
    let e = Evaluator::new(&context, &opened.file.source, &opened.given);
    match (Reader { e, body: &opened.file.body }).value("inputs") {
        Err(fault) if fault.fatal => Ok(Value::Unknown),
        other => Ok(other?.unwrap_or_default()),
    }
}
