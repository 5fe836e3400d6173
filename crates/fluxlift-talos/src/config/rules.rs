//! The table of per-path rules: which lists are not simply appended.

/// How two values at one place become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Mappings are merged key by key, lists are appended, scalars are replaced.
    Usual,
    /// The new value takes the old one's place.
    Replace,
    /// Items of a list that agree on the first of these keys that the new item has are merged.
    MergeBy(&'static [&'static str]),
}

/// The rules of the document without a kind, by path; `*` is any item of a list.
const MAIN: [(&str, Rule); 6] = [
    ("cluster.network.podSubnets", Rule::Replace),
    ("cluster.network.serviceSubnets", Rule::Replace),
    ("cluster.apiServer.auditPolicy", Rule::Replace),
    ("cluster.apiServer.admissionControl", Rule::MergeBy(&["name"])),
    ("machine.network.interfaces", Rule::MergeBy(&["interface", "deviceSelector"])),
    ("machine.network.interfaces.*.vlans", Rule::MergeBy(&["vlanId"])),
];

/// The rules of documents with a kind.
const KINDS: [(&str, &str, Rule); 3] = [
    ("NetworkRuleConfig", "ingress", Rule::Replace),
    ("NetworkRuleConfig", "portSelector.ports", Rule::Replace),
    ("ExtensionServiceConfig", "configFiles", Rule::MergeBy(&["mountPath"])),
];

/// The rule at `path` of a document of `kind` (empty for the main one).
pub(super) fn rule(kind: &str, path: &str) -> Rule {
    let found = if kind.is_empty() {
        MAIN.iter().find(|(at, _)| *at == path).map(|(_, rule)| *rule)
    } else {
        KINDS.iter().find(|(of, at, _)| *of == kind && *at == path).map(|(_, _, rule)| *rule)
    };
    found.unwrap_or(Rule::Usual)
}
