//! `dependency` and `dependencies`: what a unit needs of others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::{Location, UnitPath, Value};

use crate::error::Outcome;
use crate::eval::{Member, Names, marks};

/// A `dependency` block.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The unit whose outputs it names, relative to the working folder; outside it with leading `..`.
    pub unit: UnitPath,
    /// Where the path is written.
    pub location: Location,
    /// The outputs to plan with while there are no real ones.
    pub mock_outputs: Option<Value>,
    /// The commands that may use the mocks; `None` allows all but apply and destroy.
    pub mock_commands: Option<Vec<String>>,
    /// How mocks complete real outputs that lack some of their keys.
    pub(super) mock_merge: MockMerge,
    /// Whether real outputs are not even asked for.
    pub(super) skip_outputs: bool,
}

/// `mock_outputs_merge_strategy_with_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MockMerge {
    No,
    Shallow,
    DeepMapOnly,
}

/// Who knows the outputs of units.
pub trait OutputSource {
    /// The outputs of `unit`; `None` when it was never applied.
    fn outputs(&self, unit: &UnitPath) -> Option<BTreeMap<String, Value>>;
}

/// Knows no outputs: for what must work without state.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOutputs;

impl OutputSource for NoOutputs {
    fn outputs(&self, _unit: &UnitPath) -> Option<BTreeMap<String, Value>> {
        None
    }
}

impl OutputSource for BTreeMap<UnitPath, BTreeMap<String, Value>> {
    fn outputs(&self, unit: &UnitPath) -> Option<BTreeMap<String, Value>> {
        self.get(unit).cloned()
    }
}

/// The names of a file once outputs may be used: its own, and `dependency`.
pub(super) struct WithOutputs<'a> {
    pub(super) given: &'a dyn Names,
    pub(super) dependencies: &'a BTreeMap<String, Dependency>,
    pub(super) outputs: &'a dyn OutputSource,
    pub(super) command: &'a str,
    /// The units whose mocks were used.
    pub(super) mocked: &'a RefCell<BTreeSet<UnitPath>>,
}

/// What a dependency's outputs are.
enum Found {
    Outputs(Value),
    Refused(String),
}

impl WithOutputs<'_> {
    fn find(&self, label: &str, dependency: &Dependency) -> Found {
        let real = if dependency.skip_outputs { None } else { self.outputs.outputs(&dependency.unit) };
        let real = real.filter(|outputs| !outputs.is_empty());
        let applies = matches!(self.command, "apply" | "destroy");
        let mocks = dependency.mock_outputs.as_ref().filter(|_| !applies && self.may_mock(dependency));
        match (real, mocks) {
            (Some(real), None) => Found::Outputs(Value::Map(real)),
            (Some(real), Some(mocks)) => Found::Outputs(self.complete(dependency, real, mocks)),
            (None, Some(mocks)) => {
                self.mocked.borrow_mut().insert(dependency.unit.clone());
                Found::Outputs(mocks.clone())
            }
            (None, None) if self.command == "apply" => Found::Refused(match dependency.mock_outputs {
                Some(_) => format!(
                    "`dependency.{label}` ({}) has only mock outputs, which apply does not use",
                    dependency.unit
                ),
                None => format!("`dependency.{label}` ({}) has no outputs: it was never applied", dependency.unit),
            }),
            (None, None) => Found::Outputs(Value::Unknown),
        }
    }

    fn may_mock(&self, dependency: &Dependency) -> bool {
        dependency.mock_commands.as_ref().is_none_or(|allowed| allowed.iter().any(|one| one == self.command))
    }

    fn complete(&self, dependency: &Dependency, real: BTreeMap<String, Value>, mocks: &Value) -> Value {
        if dependency.mock_merge == MockMerge::No {
            return Value::Map(real);
        }
        let before = Value::Map(real.clone());
        let merged = overlay(mocks.clone(), Value::Map(real), dependency.mock_merge == MockMerge::DeepMapOnly);
        if merged != before {
            self.mocked.borrow_mut().insert(dependency.unit.clone());
        }
        merged
    }

    fn hint(&self, unit: &UnitPath) -> String {
        format!("apply {unit} first, or run `run-all apply` over both")
    }
}

/// `top` over `base`, key by key.
fn overlay(base: Value, top: Value, deep: bool) -> Value {
    let ((base, one), (top, two)) = (marks::lift(base), marks::lift(top));
    match (base, top) {
        (Value::Map(mut base), Value::Map(top)) => {
            for (key, value) in top {
                let value = match base.remove(&key) {
                    Some(under) if deep => overlay(under, value, true),
                    _ => value,
                };
                base.insert(key, value);
            }
            marks::mark_if(Value::Map(base), one || two)
        }
        (_, top) => marks::mark_if(top, two),
    }
}

impl Names for WithOutputs<'_> {
    fn value(&self, name: &str) -> Outcome<Option<Value>> {
        if name != "dependency" {
            return self.given.value(name);
        }
        let found = self.dependencies.iter().map(|(label, dependency)| match self.find(label, dependency) {
            Found::Outputs(outputs) => (label.clone(), Value::map([("outputs", outputs)])),
            // All at once can't be refused by name; what is unknown is refused where it is used.
            Found::Refused(_) => (label.clone(), Value::map([("outputs", Value::Unknown)])),
        });
        Ok(Some(Value::map(found)))
    }

    fn member(&self, root: &str, key: &str) -> Outcome<Member> {
        if root != "dependency" {
            return self.given.member(root, key);
        }
        let Some(dependency) = self.dependencies.get(key) else {
            return Ok(Member::Missing(self.dependencies.keys().cloned().collect()));
        };
        Ok(match self.find(key, dependency) {
            Found::Outputs(outputs) => Member::Value(Value::map([("outputs", outputs)])),
            Found::Refused(message) => Member::Refused { message, hint: self.hint(&dependency.unit) },
        })
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.given.names();
        names.push("dependency".to_owned());
        names
    }
}
