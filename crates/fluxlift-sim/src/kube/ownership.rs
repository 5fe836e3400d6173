//! Which manager owns which fields: `metadata.managedFields`.

use serde_json::{Value, json};

use super::fields::FieldSet;
use super::merge::Comparison;
use super::{Caller, Status, meta};

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The manager's name.
    pub manager: String,
    /// Whether it applies; it updates otherwise.
    pub applies: bool,
    /// The version it wrote in.
    pub api_version: String,
    /// The subresource it wrote through; empty for the object itself.
    pub subresource: String,
    /// When it last changed something.
    pub time: String,
    /// What it owns.
    pub fields: FieldSet,
}

/// All owners of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(pub Vec<Owner>);

impl Owners {
    /// Reads an object's `managedFields`.
    pub fn of(object: &Value) -> Self {
        let entries = meta::list(object, &["metadata", "managedFields"]);
        Self(
            entries
                .iter()
                .map(|entry| Owner {
                    manager: meta::text(entry, &["manager"]).to_owned(),
                    applies: meta::text(entry, &["operation"]) == "Apply",
                    api_version: meta::text(entry, &["apiVersion"]).to_owned(),
                    subresource: meta::text(entry, &["subresource"]).to_owned(),
                    time: meta::text(entry, &["time"]).to_owned(),
                    fields: entry.get("fieldsV1").map(FieldSet::parse).unwrap_or_default(),
                })
                .collect(),
        )
    }

    /// The owners that a write starts from: those that `object` itself names, so that a client may hand fields over,
    /// or else those of `live`.
    pub fn given(object: &Value, live: &Value) -> Self {
        match meta::at(object, &["metadata", "managedFields"]) {
            Some(Value::Array(_)) => Self::of(object),
            _ => Self::of(live),
        }
    }

    /// Writes `managedFields` into an object.
    pub fn write(&self, object: &mut Value) {
        let entries = self.0.iter().map(|owner| {
            let mut entry = json!({
                "manager": owner.manager,
                "operation": if owner.applies { "Apply" } else { "Update" },
                "apiVersion": owner.api_version,
                "time": owner.time,
                "fieldsType": "FieldsV1",
                "fieldsV1": owner.fields.to_value(),
            });
            if !owner.subresource.is_empty() {
                entry["subresource"] = json!(owner.subresource);
            }
            entry
        });
        let entries: Vec<_> = entries.collect();
        let metadata = meta::metadata_mut(object);
        if entries.is_empty() {
            metadata.remove("managedFields");
        } else {
            metadata.insert("managedFields".into(), Value::Array(entries));
        }
    }

    /// Records that `caller` wrote what `comparison` says, by an update.
    pub fn updated(&mut self, caller: &Caller<'_>, api_version: &str, subresource: &str, comparison: &Comparison) {
        let (mut written, mut removed) = (comparison.written(), comparison.removed.clone());
        strip(&mut written);
        strip(&mut removed);
        for owner in &mut self.0 {
            owner.fields.subtract(&removed);
            let ours = !owner.applies
                && owner.manager == caller.manager
                && owner.api_version == api_version
                && owner.subresource == subresource;
            if !ours {
                owner.fields.subtract(&written);
            }
        }
        if !written.is_empty() {
            let owner = self.entry(caller.manager, false, api_version, subresource);
            owner.fields.add(&written);
            owner.time = caller.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        self.tidy();
    }

    /// What the applier `caller` owned until now.
    pub fn applied_by(&self, manager: &str, subresource: &str) -> Option<&Owner> {
        self.0.iter().find(|o| o.applies && o.manager == manager && o.subresource == subresource)
    }

    /// Records that `caller` applied a configuration with the fields `set`, which changed what `comparison` says.
    ///
    /// # Errors
    /// 409 naming every field that another manager owns with another value, unless forced.
    pub fn applied(
        &mut self,
        caller: &Caller<'_>,
        api_version: &str,
        subresource: &str,
        set: FieldSet,
        comparison: &Comparison,
        force: bool,
    ) -> Result<(), Vec<Conflict>> {
        let (mut written, mut removed) = (comparison.written(), comparison.removed.clone());
        strip(&mut written);
        strip(&mut removed);
        let is_ours = |o: &Owner| o.applies && o.manager == caller.manager && o.subresource == subresource;
        let conflicts: Vec<_> = self
            .0
            .iter()
            .filter(|owner| !is_ours(owner))
            .filter_map(|owner| {
                let contested = owner.fields.intersection(&written);
                (!contested.is_empty()).then(|| Conflict { owner: owner.clone(), fields: contested })
            })
            .collect();
        if !conflicts.is_empty() && !force {
            return Err(conflicts);
        }
        for owner in self.0.iter_mut().filter(|owner| !is_ours(owner)) {
            owner.fields.subtract(&written);
            owner.fields.subtract(&removed);
        }
        let owner = self.entry(caller.manager, true, api_version, subresource);
        if owner.fields != set || owner.time.is_empty() || !comparison.is_same() {
            owner.time = caller.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        owner.fields = set;
        api_version.clone_into(&mut owner.api_version);
        self.tidy();
        Ok(())
    }

    fn entry(&mut self, manager: &str, applies: bool, api_version: &str, subresource: &str) -> &mut Owner {
        let found = self.0.iter().position(|o| {
            o.manager == manager
                && o.applies == applies
                && o.subresource == subresource
                && (applies || o.api_version == api_version)
        });
        let index = found.unwrap_or_else(|| {
            self.0.push(Owner {
                manager: manager.to_owned(),
                applies,
                api_version: api_version.to_owned(),
                subresource: subresource.to_owned(),
                time: String::new(),
                fields: FieldSet::default(),
            });
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    fn tidy(&mut self) {
        self.0.retain(|owner| !owner.fields.is_empty());
        self.0.sort_by(|a, b| (!a.applies, &a.time, &a.manager).cmp(&(!b.applies, &b.time, &b.manager)));
    }

    /// Every field that anybody owns.
    pub fn all(&self) -> FieldSet {
        let mut all = FieldSet::default();
        for owner in &self.0 {
            all.add(&owner.fields);
        }
        all
    }
}

/// Fields that an apply would take from their owner.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// Whose they are.
    pub owner: Owner,
    /// Which.
    pub fields: FieldSet,
}

/// Takes out what nobody owns: what an object is, and what the server alone writes.
pub fn strip(set: &mut FieldSet) {
    set.member = false;
    for path in [&["apiVersion"][..], &["kind"]] {
        set.cut(path);
    }
    for name in [
        "name",
        "namespace",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        set.cut(&["metadata", name]);
    }
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.member = false;
        if metadata.is_empty() {
            set.children.remove("f:metadata");
        }
    }
}

/// 409 for an apply, in the words that clients parse.
pub fn conflict_status(conflicts: &[Conflict]) -> Status {
    let mut causes = Vec::new();
    let mut groups = Vec::new();
    for conflict in conflicts {
        let owner = &conflict.owner;
        let mut who = format!("{:?}", owner.manager);
        if !owner.subresource.is_empty() {
            who.push_str(&format!(" with subresource {:?}", owner.subresource));
        }
        if !owner.applies {
            who.push_str(&format!(" using {}", owner.api_version));
        }
        let paths = conflict.fields.paths();
        for path in &paths {
            causes.push(super::Cause {
                reason: "FieldManagerConflict".into(),
                message: format!("conflict with {who}"),
                field: path.clone(),
            });
        }
        groups.push((who, paths));
    }
    let total = causes.len();
    let plural = if total == 1 { "" } else { "s" };
    let text = match groups.as_slice() {
        [(who, paths)] if paths.len() == 1 => format!("conflict with {who}: {}", paths.concat()),
        _ => groups
            .iter()
            .map(|(who, paths)| {
                let list = paths.iter().map(|path| format!("- {path}")).collect::<Vec<_>>().join("\n");
                format!("conflicts with {who}:\n{list}")
            })
            .collect::<Vec<_>>()
            .join("\n"),
    };
    let mut status =
        Status::new(409, super::Reason::Conflict, format!("Apply failed with {total} conflict{plural}: {text}"));
    status.details.causes = causes;
    status
}
