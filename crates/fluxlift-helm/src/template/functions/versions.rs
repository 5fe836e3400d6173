//! Semantic versions.

use std::sync::Arc;

use gotmpl::Value;

use super::arguments::string;
use super::table::Table;
use crate::version::{Constraint, parse_loose};

pub(super) fn register(table: &mut Table) {
    table.add("semverCompare", |a| {
        let constraint = Constraint::parse(a.exactly(2)?.string(0)?).map_err(|e| e.to_string())?;
        let version = parse_loose(a.string(1)?).ok_or_else(|| "wants a semantic version".to_owned())?;
        Ok(Value::Bool(constraint.allows(&version)))
    });
    table.add("semver", |a| {
        let version = parse_loose(a.exactly(1)?.string(0)?).ok_or_else(|| "wants a semantic version".to_owned())?;
        let number = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let fields = [
            ("Major", number(version.major)),
            ("Minor", number(version.minor)),
            ("Patch", number(version.patch)),
            ("Prerelease", string(version.pre.as_str())),
            ("Metadata", string(version.build.as_str())),
            ("Original", string(a.string(0)?)),
        ];
        Ok(Value::Map(Arc::new(fields.into_iter().map(|(k, v)| (Arc::from(k), v)).collect())))
    });
}
