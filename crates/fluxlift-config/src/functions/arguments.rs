//! Reading arguments, and what a call can fail with.

use std::collections::BTreeMap;

use fluxlift_core::{Hint, Number, Value};

use crate::error::Fault;
use crate::eval::convert;

/// Why a call failed. The message never repeats a value of a sensitive argument: the caller hides it then.
#[derive(Debug)]
pub(crate) struct CallError {
    /// The argument that is at fault.
    pub(crate) argument: Option<usize>,
    pub(crate) message: String,
    pub(crate) hints: Vec<Hint>,
    /// Whether it passes through `try`.
    pub(crate) fatal: bool,
    /// Whether the message is free of values, so that it can be shown for sensitive arguments too.
    pub(crate) safe: bool,
    /// The fault inside another file, which says it all.
    pub(crate) inner: Option<Fault>,
}

/// What a function gives.
pub(crate) type CallResult<T = Value> = Result<T, Box<CallError>>;

impl CallError {
    /// A failure of the call as a whole.
    pub(crate) fn new(message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            argument: None,
            message: message.into(),
            hints: Vec::new(),
            fatal: false,
            safe: false,
            inner: None,
        })
    }

    /// A failure because of argument `index`.
    pub(crate) fn argument(index: usize, message: impl Into<String>) -> Box<Self> {
        let mut error = Self::new(message);
        error.argument = Some(index);
        error
    }

    /// The same, with what to do.
    pub(crate) fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hints.push(Hint::new(hint));
        self
    }

    /// The same, with a message that holds no value.
    pub(crate) fn safe(mut self: Box<Self>) -> Box<Self> {
        self.safe = true;
        self
    }
}

impl From<Fault> for Box<CallError> {
    fn from(fault: Fault) -> Self {
        let mut error = CallError::new("");
        error.inner = Some(fault);
        error
    }
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(pub(crate) &'a [Value]);

impl<'a> Args<'a> {
    /// How many there are.
    pub(crate) const fn len(self) -> usize {
        self.0.len()
    }

    /// Argument `i`.
    pub(crate) fn value(self, i: usize) -> &'a Value {
        self.0.get(i).unwrap_or(&Value::Null)
    }

    /// Argument `i` as text; numbers and bools convert.
    pub(crate) fn text(self, i: usize) -> CallResult<String> {
        convert::to_text(self.value(i)).ok_or_else(|| self.wrong(i, "a string"))
    }

    /// Argument `i` as text, if it is given and not null.
    pub(crate) fn optional_text(self, i: usize) -> CallResult<Option<String>> {
        if matches!(self.value(i), Value::Null) { Ok(None) } else { self.text(i).map(Some) }
    }

    /// Argument `i` as a number.
    pub(crate) fn number(self, i: usize) -> CallResult<Number> {
        convert::to_number(self.value(i)).ok_or_else(|| self.wrong(i, "a number"))
    }

    /// Argument `i` as a whole number.
    pub(crate) fn whole(self, i: usize) -> CallResult<i64> {
        convert::to_whole(self.value(i)).ok_or_else(|| self.wrong(i, "a whole number"))
    }

    /// Argument `i` as a bool.
    pub(crate) fn boolean(self, i: usize) -> CallResult<bool> {
        convert::to_bool(self.value(i)).ok_or_else(|| self.wrong(i, "a bool"))
    }

    /// Argument `i` as a list.
    pub(crate) fn list(self, i: usize) -> CallResult<&'a [Value]> {
        self.value(i).as_list().ok_or_else(|| self.wrong(i, "a list"))
    }

    /// Argument `i` as a list of texts.
    pub(crate) fn texts(self, i: usize) -> CallResult<Vec<String>> {
        self.list(i)?.iter().map(|v| convert::to_text(v).ok_or_else(|| self.wrong(i, "a list of strings"))).collect()
    }

    /// Argument `i` as an object.
    pub(crate) fn map(self, i: usize) -> CallResult<&'a BTreeMap<String, Value>> {
        self.value(i).as_map().ok_or_else(|| self.wrong(i, "an object"))
    }

    fn wrong(self, i: usize, wanted: &str) -> Box<CallError> {
        CallError::argument(i, format!("{wanted} is needed here, this is {}", convert::kind(self.value(i)))).safe()
    }
}
