//! What names mean.

use fluxlift_core::Value;

use crate::error::Outcome;

/// The names of a file.
pub(crate) trait Names {
    /// The whole value of the variable `name`; `None` when there is no such variable.
    fn value(&self, name: &str) -> Outcome<Option<Value>>;

    /// The member `key` of the variable `root`, for variables whose members are found one at a time.
    fn member(&self, root: &str, key: &str) -> Outcome<Member>;

    /// The variables that there are, for hints.
    fn names(&self) -> Vec<String>;
}

/// A member of a variable.
pub(crate) enum Member {
    /// It has this value.
    Value(Value),
    /// The variable exists and has these members instead.
    Missing(Vec<String>),
    /// Members are not found one at a time: take the variable's whole value.
    Whole,
    /// It may not be used; the fault passes through `try`.
    Refused { message: String, hint: String },
}

/// No names at all.
pub(crate) struct NoNames;

impl Names for NoNames {
    fn value(&self, _name: &str) -> Outcome<Option<Value>> {
        Ok(None)
    }

    fn member(&self, _root: &str, _key: &str) -> Outcome<Member> {
        Ok(Member::Whole)
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A variable of a `for` expression, and those around it.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
    pub(crate) outer: Option<&'a Bound<'a>>,
}

impl<'a> Bound<'a> {
    /// The value of `name`, innermost first.
    pub(crate) fn find(&self, name: &str) -> Option<&'a Value> {
        if self.name == name { Some(self.value) } else { self.outer.and_then(|outer| outer.find(name)) }
    }
}
