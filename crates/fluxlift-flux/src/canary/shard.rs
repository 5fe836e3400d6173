//! Shards: which objects a controller selects, read from the arguments of its Deployment.

use fluxlift_kube::Object;

/// The label that an object needs to be handled by a shard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// The label's key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl Shard {
    /// What the Deployment's `--watch-label-selector` demands; `None` for a main controller, which selects what has no
    /// such label.
    pub fn of(deployment: &Object) -> Option<Self> {
        Self::parse(&argument(deployment, "watch-label-selector")?)
    }

    fn parse(selector: &str) -> Option<Self> {
        let shard = |key: &str, value: &str| {
            Some(Self { key: key.trim().to_owned(), value: value.trim().to_owned() }).filter(|s| !s.value.is_empty())
        };
        if selector.contains("notin") || selector.contains("!=") || selector.trim_start().starts_with('!') {
            return None;
        }
        if let Some((key, values)) = selector.split_once(" in ") {
            let first = values.trim().trim_matches(['(', ')']).split(',').next()?;
            return shard(key, first);
        }
        let (key, value) = selector.split_once("==").or_else(|| selector.split_once('='))?;
        shard(key, value)
    }
}

/// The value of `--name=value` among the arguments of a Deployment's first container.
pub fn argument(deployment: &Object, name: &str) -> Option<String> {
    let prefix = format!("--{name}=");
    let arguments = deployment.items("/spec/template/spec/containers/0/args");
    arguments.iter().filter_map(|a| a.as_str()?.strip_prefix(&prefix)).next_back().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_demands_its_label_and_the_main_controller_none() {
        let parse = |text| Shard::parse(text).map(|shard| format!("{}: {}", shard.key, shard.value));
        assert_eq!(parse("sharding.fluxcd.io/key=shard1").unwrap(), "sharding.fluxcd.io/key: shard1");
        assert_eq!(parse("sharding.fluxcd.io/key in (a, b)").unwrap(), "sharding.fluxcd.io/key: a");
        assert_eq!(parse("!sharding.fluxcd.io/key"), None);
        assert_eq!(parse("sharding.fluxcd.io/key notin (a)"), None);
    }
}
