//! A configuration file with its includes and locals evaluated.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fluxlift_core::Value;

use super::include::{self, Include};
use super::{Place, Session, block, locals, vocabulary};
use crate::error::{Fault, Outcome};
use crate::eval::{Evaluator, Member, Names, NoNames, convert};
use crate::functions::Context;
use crate::syntax::SourceFile;

/// The most files that read each other in a row.
const LONGEST_READ: usize = 24;

/// A configuration file, ready to evaluate the rest of it.
pub(crate) struct Opened {
    pub(super) file: Arc<SourceFile>,
    pub(super) place: Place,
    pub(super) includes: Vec<Include>,
    pub(super) given: Given,
}

/// The names that a file starts with.
#[derive(Default)]
pub(crate) struct Given {
    /// `local`, `include` and `feature`, as far as they are known.
    values: BTreeMap<&'static str, Value>,
}

impl Given {
    /// The same names, with `local`.
    fn with_locals(mut self, locals: Value) -> Self {
        self.values.insert("local", locals);
        self
    }
}

impl Names for Given {
    fn value(&self, name: &str) -> Outcome<Option<Value>> {
        Ok(self.values.get(name).cloned())
    }

    fn member(&self, root: &str, key: &str) -> Outcome<Member> {
        if root == "dependency" {
            return Ok(Member::Refused {
                message: "outputs of dependencies can't be used here".to_owned(),
                hint: "use them in inputs, hooks or generate; locals and paths are evaluated before any unit runs"
                    .to_owned(),
            });
        }
        Ok(match self.values.get(root).and_then(Value::as_map) {
            Some(map) => match map.get(key) {
                Some(value) => Member::Value(value.clone()),
                None => Member::Missing(map.keys().cloned().collect()),
            },
            None => Member::Whole,
        })
    }

    fn names(&self) -> Vec<String> {
        self.values.keys().map(|name| (*name).to_owned()).collect()
    }
}

impl Opened {
    /// Opens `file` at `place`. With `may_include`, its includes are opened too.
    pub(super) fn open(session: &Session, file: Arc<SourceFile>, mut place: Place, may_include: bool) -> Outcome<Self> {
        let source = &file.source;
        vocabulary::check(source, &file.body)?;
        if place.reading.iter().filter(|path| **path == source.path).count() > 1 {
            let ring: Vec<String> =
                place.reading.iter().map(|path| session.sources.shown(path).display().to_string()).collect();
            return Err(Fault::at(source, None, format!("the file reads itself: {}", ring.join(" → "))).fatal());
        }
        if place.reading.len() > LONGEST_READ {
            let message = format!("more than {LONGEST_READ} files read each other in a row");
            return Err(Fault::at(source, None, message).fatal());
        }
        let mut given = Given::default();
        given.values.insert("feature", features(session, &file, &place)?);
        let includes = if may_include {
            include::open_all(session, &file, &mut place, &given)?
        } else if let Some(nested) = file.body.get_blocks("include").next() {
            return Err(Fault::at(source, block::ident_span(&nested.ident), "an included file can't include another")
                .hint("include both from the unit")
                .fatal());
        } else {
            Vec::new()
        };
        given.values.insert("include", include::variable(session, &includes)?);
        let context = Context { session, place: &place };
        let locals = locals::evaluate(&context, source, &file.body, &given)?;
        Ok(Self { given: given.with_locals(locals), file, place, includes })
    }

    /// Opens the file at `path`, which `from` asks for at `span`.
    pub(super) fn open_path(
        session: &Session,
        path: &Path,
        place: Place,
        may_include: bool,
        asked: impl FnOnce(String) -> Fault,
    ) -> Outcome<Self> {
        let read = session.sources.file(path);
        let file = read.map_err(|error| {
            asked(format!("{} could not be read: {}", session.sources.shown(path).display(), error.kind()))
        })??;
        Self::open(session, file, place, may_include)
    }

    /// The locals.
    pub(super) fn locals(&self) -> Value {
        self.given.values.get("local").cloned().unwrap_or_default()
    }
}

/// `feature.NAME.value`: the default of the block, or what `TG_FEATURE=name=value,…` says.
fn features(session: &Session, file: &SourceFile, place: &Place) -> Outcome<Value> {
    let context = Context { session, place };
    let e = Evaluator::new(&context, &file.source, &NoNames);
    let given = session.options.env.get("TG_FEATURE").unwrap_or_default();
    let mut features = BTreeMap::new();
    for block in file.body.get_blocks("feature") {
        let name = block::required_label(&file.source, block)?;
        block::only(&file.source, &block.body, "feature", &["default"], &[])?;
        let reader = block::Reader { e, body: &block.body };
        let default = reader.value("default")?.unwrap_or_default();
        let said = given.split(',').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name);
        let value = match (said, &default) {
            (None, _) => default,
            (Some((_, said)), Value::Bool(_)) => {
                convert::to_bool(&said.into()).map_or_else(|| said.into(), Value::Bool)
            }
            (Some((_, said)), Value::Number(_)) => {
                convert::to_number(&said.into()).map_or_else(|| said.into(), Value::Number)
            }
            (Some((_, said)), _) => said.into(),
        };
        features.insert(name.to_owned(), Value::map([("value", value)]));
    }
    Ok(Value::Map(features))
}
