//! The table itself, and the names that are missing from it on purpose.

use std::sync::Arc;

use gotmpl::{FuncMap, TemplateError, Value};

use super::{Arguments, checksums, convert, dicts, encode, lists, logic, numbers, patterns, strings, versions};

/// What a function gives back: a value, or one line that says why not.
pub(super) type Outcome = Result<Value, String>;

/// Functions by name.
#[derive(Clone, Default)]
pub(in crate::template) struct Table(FuncMap);

impl Table {
    /// Adds a function.
    pub(in crate::template) fn add<F>(&mut self, name: &'static str, function: F)
    where
        F: Fn(Arguments<'_>) -> Result<Value, String> + Send + Sync + 'static,
    {
        let wrapped = move |given: &[Value]| {
            function(Arguments::new(given)).map_err(|why| TemplateError::Exec(format!("{name}: {why}")))
        };
        self.0.insert(name.to_owned(), Arc::new(wrapped));
    }

    /// Adds a function whose errors are already complete.
    pub(in crate::template) fn add_raw<F>(&mut self, name: &str, function: F)
    where
        F: Fn(&[Value]) -> gotmpl::Result<Value> + Send + Sync + 'static,
    {
        self.0.insert(name.to_owned(), Arc::new(function));
    }

    /// Gives a function a second name.
    pub(super) fn alias(&mut self, name: &str, of: &str) {
        if let Some(function) = self.0.get(of).cloned() {
            self.0.insert(name.to_owned(), function);
        }
    }

    /// Whether there is such a function.
    pub(in crate::template) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// As the engine takes it.
    pub(in crate::template) fn into_map(self) -> FuncMap {
        self.0
    }
}

/// Everything but the functions that need the templates themselves (`include`, `tpl`).
pub(in crate::template) fn standard() -> Table {
    let mut table = Table::default();
    strings::register(&mut table);
    patterns::register(&mut table);
    convert::register(&mut table);
    numbers::register(&mut table);
    lists::register(&mut table);
    dicts::register(&mut table);
    logic::register(&mut table);
    encode::register(&mut table);
    checksums::register(&mut table);
    versions::register(&mut table);
    table
}

/// The engine's own functions.
const BUILT_IN: &[&str] = &[
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf",
    "println", "slice", "urlquery",
];

/// Functions of Helm that give something else each time, so that no second run could tell whether anything changed.
const NOT_REPEATABLE: &[&str] = &[
    "ago",
    "bcrypt",
    "date",
    "dateInZone",
    "dateModify",
    "date_in_zone",
    "date_modify",
    "decryptAES",
    "derivePassword",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "htmlDate",
    "htmlDateInZone",
    "htpasswd",
    "mustDateModify",
    "must_date_modify",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "unixEpoch",
    "uuidv4",
];

/// Functions of Helm that change a map where it is.
const IN_PLACE: &[&str] = &["set", "unset"];

/// Why a function that a template calls is not there; `None` when it is.
pub(in crate::template) fn unavailable(table: &Table, name: &str) -> Option<&'static str> {
    if table.contains(name) || BUILT_IN.contains(&name) {
        None
    } else if NOT_REPEATABLE.contains(&name) {
        Some("depends on time, chance or the network; fluxlift renders the same manifest every time")
    } else if IN_PLACE.contains(&name) {
        Some("changes a map in place, and fluxlift's values cannot change")
    } else {
        Some("fluxlift does not have")
    }
}
