//! The reference tree, read by the real Terragrunt and by fluxlift: the same units, the same edges, the same inputs.

use std::collections::BTreeMap;
use std::path::Path;

use fluxlift_config::{LoadOptions, Tree};
use fluxlift_core::{Timestamp, UnitPath, Value};
use fluxlift_e2e::LabError;
use fluxlift_e2e::live_tree::LiveTree;
use fluxlift_e2e::terragrunt::{PROGRAMS, Terragrunt};
use serde_json::Value as Json;

use crate::bench::{Alone, Broken, Case, Verdict, case, ensure, note};

pub(crate) const CASES: [Case; 1] =
    [case!(fluxlift_reads_the_reference_tree_as_terragrunt_does, needs PROGRAMS, alone)];

/// Units whose inputs can be known: those without dependencies, and those that need nothing but the cluster.
const UNITS: [&str; 5] = ["compute", "secrets", "bootstrap", "flux-operator", "flux-instance"];
/// What stands for a kubeconfig.
const KUBECONFIG: &str = "apiVersion: v1\nkind: Config\n";

async fn fluxlift_reads_the_reference_tree_as_terragrunt_does(alone: &Alone<'_>) -> Verdict {
    let folder = tempfile::tempdir().map_err(LabError::io("make a folder"))?;
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(&kubeconfig, KUBECONFIG).map_err(LabError::io("write a kubeconfig"))?;
    let tree = LiveTree::write(folder.path().join("tree"), &[], "clusters/lab", &kubeconfig)?;
    let terragrunt = Terragrunt::new(alone.tools, alone.fluxlift, &folder.path().join("home"), tree)?;
    terragrunt.run("bootstrap", &["apply", "-auto-approve"]).await?;

    let options = LoadOptions::new(terragrunt.tree().live(), Timestamp::UNIX_EPOCH);
    let ours = Tree::load(options).map_err(|error| Broken(error.to_string()))?;
    edges(&terragrunt, &ours).await?;
    let outputs = outputs(&kubeconfig)?;
    for unit in UNITS {
        let path = UnitPath::new(unit).map_err(|error| Broken(error.to_string()))?;
        let evaluated = ours.inputs(&path, "apply", &outputs).map_err(|error| Broken(error.to_string()))?;
        let ours = Value::Map(evaluated.inputs).reveal();
        let rendered = terragrunt.run(unit, &["render", "--format", "json"]).await?;
        let theirs = json(&rendered.stdout)?["inputs"].clone();
        let differences = differences("", &theirs, &ours);
        ensure(differences.is_empty(), || format!("the inputs of {unit} differ:\n{}", differences.join("\n")))?;
        note(format_args!("{unit}: {} inputs are the same", ours.as_object().map_or(0, serde_json::Map::len)));
    }
    Ok(())
}

/// The same units need the same units.
async fn edges(terragrunt: &Terragrunt, ours: &Tree) -> Verdict {
    let found = terragrunt.run("", &["find", "--dag", "--dependencies", "--format", "json"]).await?;
    let mut theirs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for unit in json(&found.stdout)?.as_array().into_iter().flatten() {
        let mut needs: Vec<String> = unit["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|n| n.as_str().map(str::to_owned))
            .collect();
        needs.sort();
        theirs.insert(unit["path"].as_str().unwrap_or_default().to_owned(), needs);
    }
    let graph = ours.graph();
    let own: BTreeMap<String, Vec<String>> = ours
        .units()
        .keys()
        .map(|unit| (unit.to_string(), graph.dependencies_of(unit).map(ToString::to_string).collect()))
        .collect();
    ensure(theirs == own, || format!("the edges differ: Terragrunt has {theirs:?}, fluxlift {own:?}"))
}

/// What the one unit that was applied gives.
fn outputs(kubeconfig: &Path) -> Result<BTreeMap<UnitPath, BTreeMap<String, Value>>, Broken> {
    let bootstrap = UnitPath::new("bootstrap").map_err(|error| Broken(error.to_string()))?;
    let given = [
        ("kubeconfig", Value::from(KUBECONFIG)),
        ("kubeconfig_path", Value::from(kubeconfig.display().to_string())),
        ("cluster_ready", Value::from(true)),
    ];
    Ok([(bootstrap, given.map(|(name, value)| (name.to_owned(), value)).into())].into())
}

fn json(text: &str) -> Result<Json, Broken> {
    serde_json::from_str(text).map_err(|error| Broken(format!("Terragrunt gave no JSON: {error}: {text}")))
}

/// Where two values differ. Values are not told: some are secrets, if only of a test.
fn differences(at: &str, theirs: &Json, ours: &Json) -> Vec<String> {
    match (theirs, ours) {
        (Json::Object(theirs), Json::Object(ours)) => {
            let keys: std::collections::BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
            let inner = |key: &String| {
                differences(
                    &format!("{at}.{key}"),
                    theirs.get(key).unwrap_or(&Json::Null),
                    ours.get(key).unwrap_or(&Json::Null),
                )
            };
            keys.into_iter().flat_map(inner).collect()
        }
        (Json::Array(theirs), Json::Array(ours)) if theirs.len() == ours.len() => {
            let pairs = theirs.iter().zip(ours).enumerate();
            pairs.flat_map(|(index, (theirs, ours))| differences(&format!("{at}[{index}]"), theirs, ours)).collect()
        }
        _ if theirs == ours || same_number(theirs, ours) => Vec::new(),
        _ => vec![format!("{at} is another {} there than the {} here", kind(theirs), kind(ours))],
    }
}

/// 1 and 1.0 are one number in HCL.
fn same_number(one: &Json, other: &Json) -> bool {
    one.is_number() && one.as_f64() == other.as_f64()
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "list",
        Json::Object(_) => "object",
    }
}
