//! Parsing and executing a set of templates that can include each other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use gotmpl::parse::{DefineNode, ListNode, Parser};
use gotmpl::{Template, TemplateError as EngineError, Value};

use super::functions::{self, Table};
use super::rewrite::{FIELD, MARK, METHOD, PRINT, Rewrite};
use super::trace::Trace;
use super::{Place, TemplateError, files};

/// How deep `include` and `tpl` may nest: far beyond any chart, well within a thread's stack.
const DEEPEST: usize = 48;

/// Templates that are parsed and can be executed by name.
pub(super) struct Engine(Arc<Program>);

/// The parsed templates and what runs them.
struct Program {
    trees: BTreeMap<String, ListNode>,
    /// Filled once: its functions hold the program weakly.
    executable: OnceLock<Template>,
    shared: Arc<Shared>,
}

/// What `tpl` hands down to the templates that it parses.
struct Shared {
    table: Table,
    trace: Trace,
    depth: AtomicUsize,
}

impl Engine {
    /// Parses `sources`, names and texts, in order: a later definition of the same name wins.
    pub(super) fn parse(sources: &[(String, String)]) -> Result<Self, TemplateError> {
        let shared =
            Arc::new(Shared { table: functions::standard(), trace: Trace::default(), depth: AtomicUsize::new(0) });
        let mut trees = BTreeMap::new();
        for (name, text) in sources {
            parse_into(&mut trees, name, text, &shared)?;
        }
        Ok(Self(Program::assemble(trees, shared)))
    }

    /// Executes the template `name` with `dot`.
    pub(super) fn execute(&self, name: &str, dot: &Value) -> Result<String, TemplateError> {
        let shared = &self.0.shared;
        shared.trace.set(None);
        self.0.run(name, dot).map(|text| text.replace("<no value>", "")).map_err(|error| {
            let place = shared.trace.get().unwrap_or(Place { template: name.to_owned(), line: 1, column: 0 });
            explain(place, &error)
        })
    }
}

impl Program {
    fn assemble(trees: BTreeMap<String, ListNode>, shared: Arc<Shared>) -> Arc<Self> {
        let program = Arc::new(Self { trees, executable: OnceLock::new(), shared });
        let executable = program.executable();
        program.executable.get_or_init(|| executable);
        program
    }

    fn executable(self: &Arc<Self>) -> Template {
        let mut table = self.shared.table.clone();
        let (include, tpl, mark) = (Arc::downgrade(self), Arc::downgrade(self), Arc::downgrade(self));
        table.add_raw("include", move |given| nested(&include, |program| program.include(given)));
        table.add_raw("tpl", move |given| nested(&tpl, |program| program.tpl(given)));
        table.add_raw(MARK, move |given| nested(&mark, |program| Ok(program.mark(given))));
        table.add_raw(FIELD, field);
        table.add_raw(METHOD, method);
        table.add_raw(PRINT, |given| Ok(printable(given.last().unwrap_or(&Value::Nil))));
        let template = Template::new("gotpl").funcs(table.into_map());
        self.trees.iter().fold(template, |template, (name, tree)| template.add_parse_tree(name, tree.clone()))
    }

    fn run(&self, name: &str, dot: &Value) -> gotmpl::Result<String> {
        let template = self.executable.get().ok_or_else(gone)?;
        let depth = self.shared.depth.fetch_add(1, Ordering::Relaxed);
        let result = if depth >= DEEPEST {
            Err(EngineError::Exec(format!("templates include each other more than {DEEPEST} levels deep")))
        } else {
            template.execute_template_to_string(name, dot)
        };
        self.shared.depth.fetch_sub(1, Ordering::Relaxed);
        result
    }

    fn include(&self, given: &[Value]) -> gotmpl::Result<Value> {
        let [Value::String(name), dot] = given else {
            return Err(EngineError::Exec("include wants a name and a value".to_owned()));
        };
        let caller = self.shared.trace.get();
        let text = self.run(name, dot)?;
        self.shared.trace.set(caller);
        Ok(Value::String(text.into()))
    }

    fn tpl(&self, given: &[Value]) -> gotmpl::Result<Value> {
        let [Value::String(source), dot] = given else {
            return Err(EngineError::Exec("tpl wants a text and a value".to_owned()));
        };
        let caller = self.shared.trace.get();
        let name = caller.as_ref().map_or_else(|| "tpl".to_owned(), |at| format!("text given to tpl at {at}"));
        let mut trees = self.trees.clone();
        trees.remove(&name);
        parse_into(&mut trees, &name, source, &self.shared).map_err(|e| EngineError::Exec(e.to_string()))?;
        let text = Self::assemble(trees, Arc::clone(&self.shared)).run(&name, dot)?;
        self.shared.trace.set(caller);
        Ok(Value::String(text.replace("<no value>", "").into()))
    }

    fn mark(&self, given: &[Value]) -> Value {
        if let [Value::String(template), Value::Int(line), Value::Int(column)] = given {
            let number = |n: &i64| usize::try_from(*n).unwrap_or_default();
            let place = Place { template: template.to_string(), line: number(line), column: number(column) };
            self.shared.trace.set(Some(place));
        }
        Value::String("".into())
    }
}

fn nested(program: &Weak<Program>, call: impl FnOnce(&Program) -> gotmpl::Result<Value>) -> gotmpl::Result<Value> {
    call(&*program.upgrade().ok_or_else(gone)?)
}

fn gone() -> EngineError {
    EngineError::Exec("the templates are gone".to_owned())
}

/// Parses one text: its body goes under `name`, its definitions under theirs. What is empty replaces nothing.
fn parse_into(
    trees: &mut BTreeMap<String, ListNode>,
    name: &str,
    text: &str,
    shared: &Shared,
) -> Result<(), TemplateError> {
    let syntax = |error: EngineError| match error {
        EngineError::Parse { line, col, message, .. } | EngineError::Lex { line, col, message, .. } => {
            let place = Place { template: name.to_owned(), line, column: col };
            TemplateError::Syntax { place, message }
        }
        other => {
            let place = Place { template: name.to_owned(), line: 1, column: 0 };
            TemplateError::Syntax { place, message: other.to_string() }
        }
    };
    let known = |function: &str| match function {
        "include" | "tpl" => Ok(()),
        _ => functions::unavailable(&shared.table, function).map_or(Ok(()), Err),
    };
    let rewrite = Rewrite { template: name, source: text, known: &known };
    let parser = Parser::with_name(Some(name), text, "{{", "}}").map_err(syntax)?;
    let (body, defines) = parser.parse().map_err(syntax)?;
    let defines = defines.into_iter().map(|DefineNode { name, body, .. }| (name.to_string(), body));
    for (name, tree) in defines.chain([(name.to_owned(), body)]) {
        if !trees.contains_key(&name) || !tree.is_empty_tree() {
            trees.insert(name, rewrite.tree(&tree)?);
        }
    }
    Ok(())
}

/// `.a.b` on a value: a missing key is nil, a key of nil is an error.
fn field(given: &[Value]) -> gotmpl::Result<Value> {
    let [base, path @ ..] = given else { return Ok(Value::Nil) };
    let mut value = base.clone();
    for name in path.iter().filter_map(Value::as_str) {
        value = match &value {
            Value::Map(map) => match (map.get(name), name) {
                (Some(found), _) => found.clone(),
                (None, "AsConfig") => files::as_data(map, false),
                (None, "AsSecrets") => files::as_data(map, true),
                (None, _) => Value::Nil,
            },
            Value::Nil => return Err(EngineError::Exec(format!("nil has no field {name:?}: its parent is not set"))),
            other => return Err(EngineError::Exec(format!("a {} has no field {name:?}", other.type_name()))),
        };
    }
    Ok(value)
}

fn method(given: &[Value]) -> gotmpl::Result<Value> {
    match given {
        [Value::Function(function), arguments @ ..] => function(arguments),
        _ => Err(EngineError::Exec("arguments are given to a value that is not a function".to_owned())),
    }
}

fn printable(value: &Value) -> Value {
    match value {
        Value::Float(_) => Value::String(functions::text(value).into()),
        other => other.clone(),
    }
}

/// The engine's error as ours: a refusal by the chart keeps only the chart's words.
fn explain(place: Place, error: &EngineError) -> TemplateError {
    let message = error.to_string();
    if let Some((_, refusal)) = message.split_once(functions::REFUSAL) {
        return TemplateError::Refused { place, message: refusal.to_owned() };
    }
    let message = message.trim_start_matches("execution error: ").to_owned();
    TemplateError::Execution { place, message }
}
