//! `dependency` blocks: those of a unit over those that it includes.

use std::collections::BTreeMap;
use std::path::Path;

use fluxlift_core::{Location, UnitPath, Value};
use hcl_edit::Span;
use hcl_edit::structure::Block;

use super::block::{self, Reader};
use super::dependency::{Dependency, MockMerge};
use super::include::{Merge, merge_deep};
use super::unit::{Place, UnitFile, location, needed, unit_path};
use crate::error::Outcome;
use crate::eval::convert;

/// A block as it is written: what it does not say may be said by an included one.
pub(super) struct Draft {
    enabled: Option<bool>,
    /// The unit and where its path is written. A block that is switched off may name a path that leads nowhere.
    to: Option<(UnitPath, Location)>,
    mock_outputs: Option<Value>,
    mock_commands: Option<Vec<String>>,
    mock_merge: Option<MockMerge>,
    skip_outputs: Option<bool>,
}

/// Reads `block` of `unit`, with its label.
pub(super) fn read(unit: &UnitFile, working_dir: &Path, block: &Block, reader: Reader<'_>) -> Outcome<(String, Draft)> {
    const ATTRIBUTES: &[&str] = &[
        "config_path",
        "enabled",
        "mock_outputs",
        "mock_outputs_allowed_terraform_commands",
        "mock_outputs_merge_strategy_with_state",
        "skip_outputs",
    ];
    let label = block::required_label(reader.e.source, block)?.to_owned();
    block::only(reader.e.source, reader.body, "dependency", ATTRIBUTES, &[])?;
    let enabled = reader.boolean("enabled")?;
    let to = if enabled == Some(false) {
        None
    } else {
        let path = reader.required_text("config_path", &block.ident)?;
        let place = reader.attribute("config_path").map_or_else(|| block.ident.span(), |a| a.value.span());
        let dir = needed(&reader.e, unit, &path, &Place(place.clone()))?;
        Some((unit_path(working_dir, &dir), location(&reader.e, place)))
    };
    let draft = Draft {
        enabled,
        to,
        mock_outputs: mock_outputs(&reader)?,
        mock_commands: reader.texts("mock_outputs_allowed_terraform_commands")?,
        mock_merge: mock_merge(&reader)?,
        skip_outputs: reader.boolean("skip_outputs")?,
    };
    Ok((label, draft))
}

fn mock_outputs(reader: &Reader<'_>) -> Outcome<Option<Value>> {
    let mocks = reader.value("mock_outputs")?;
    if let (Some(mocks), Some(attribute)) = (&mocks, reader.attribute("mock_outputs"))
        && mocks.as_map().is_none()
    {
        let message = format!("`mock_outputs` must be an object, this is {}", convert::kind(mocks));
        return Err(reader.e.fault(&attribute.value, message));
    }
    Ok(mocks)
}

fn mock_merge(reader: &Reader<'_>) -> Outcome<Option<MockMerge>> {
    const NAME: &str = "mock_outputs_merge_strategy_with_state";
    Ok(Some(match reader.text(NAME)?.as_deref() {
        None => return Ok(None),
        Some("no_merge") => MockMerge::No,
        Some("shallow") => MockMerge::Shallow,
        Some("deep_map_only") => MockMerge::DeepMapOnly,
        Some(_) => {
            let place = Place(reader.attribute(NAME).and_then(Span::span));
            return Err(reader.e.fault(&place, "it must be no_merge, shallow or deep_map_only"));
        }
    }))
}

/// The dependencies of all layers, the unit's own last. Each layer says how what comes after it is merged over it.
pub(super) fn merge_all(layers: Vec<(BTreeMap<String, Draft>, Merge)>) -> BTreeMap<String, Dependency> {
    let merged = layers.into_iter().rev().fold(BTreeMap::new(), |child: BTreeMap<String, Draft>, (mut all, merge)| {
        for (label, draft) in child {
            let draft = match (merge, all.remove(&label)) {
                (Merge::Deep, Some(parent)) => draft.over(parent),
                _ => draft,
            };
            all.insert(label, draft);
        }
        all
    });
    merged.into_iter().filter_map(|(label, draft)| Some((label, draft.finished()?))).collect()
}

impl Draft {
    fn over(self, parent: Self) -> Self {
        Self {
            enabled: self.enabled.or(parent.enabled),
            to: self.to.or(parent.to),
            mock_outputs: both(parent.mock_outputs, self.mock_outputs, merge_deep),
            mock_commands: both(parent.mock_commands, self.mock_commands, |all, more| [all, more].concat()),
            mock_merge: self.mock_merge.or(parent.mock_merge),
            skip_outputs: self.skip_outputs.or(parent.skip_outputs),
        }
    }

    /// The dependency; `None` when it is switched off.
    fn finished(self) -> Option<Dependency> {
        let (unit, location) = self.to.filter(|_| self.enabled != Some(false))?;
        Some(Dependency {
            unit,
            location,
            mock_outputs: self.mock_outputs,
            mock_commands: self.mock_commands,
            mock_merge: self.mock_merge.unwrap_or(MockMerge::No),
            skip_outputs: self.skip_outputs.unwrap_or(false),
        })
    }
}

/// What there is of two; `merge` of both.
fn both<T>(parent: Option<T>, child: Option<T>, merge: impl FnOnce(T, T) -> T) -> Option<T> {
    match (parent, child) {
        (Some(parent), Some(child)) => Some(merge(parent, child)),
        (parent, child) => child.or(parent),
    }
}
