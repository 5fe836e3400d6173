//! Every scenario that this binary has.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use fluxlift_core::ErrorKind;
use include_dir::{Dir, include_dir};

use super::Scenario;
use crate::ui::Failure;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// The texts of the scenarios, by name.
fn texts() -> &'static BTreeMap<&'static str, &'static str> {
    static TEXTS: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let yaml = |path: &std::path::Path| path.extension().is_some_and(|kind| kind == "yaml");
        let files = FILES.files().filter(|file| yaml(file.path()));
        files.filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?))).collect()
    })
}

/// The names of all scenarios.
pub fn names() -> impl Iterator<Item = &'static str> {
    texts().keys().copied()
}

/// The scenario called `name`.
///
/// # Errors
/// When there is none, or its file is wrong.
pub fn find(name: &str) -> Result<Scenario, Failure> {
    let Some(text) = texts().get(name) else {
        let known: Vec<&str> = names().collect();
        return Err(Failure::new(ErrorKind::Usage, format!("there is no scenario {name:?}"))
            .with_hint(format!("there are {}", known.join(", "))));
    };
    serde_saphyr::from_str(text)
        .map_err(|error| Failure::because(format!("scenarios/{name}.yaml is no scenario"), &error))
}
