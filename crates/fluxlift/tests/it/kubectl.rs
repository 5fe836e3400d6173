//! The commands of the request's own Debugging and Troubleshooting sections, by the real kubectl against the served demo.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::converged::converged;
use crate::served::Served;

/// Runs kubectl with the kubeconfig of the tree, and gives its output.
fn kubectl(tree: &Path, line: &str) -> String {
    let kubeconfig = tree.join(".kube/sol.yaml");
    let output = Command::new("kubectl")
        .args(line.split(' '))
        .env("KUBECONFIG", kubeconfig)
        .env("HOME", tree)
        .current_dir(tree)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "kubectl {line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The rows of a table without its header, as cells.
fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn the_debugging_section_of_the_request_works_on_the_served_demo() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        // What a test prints is shown when it fails only; a test that did nothing must not look like one that passed.
        let _ = writeln!(std::io::stderr(), "skipped: there is no kubectl on this machine to debug the demo with");
        return;
    }
    let (tree, world) = converged();
    let _served = Served::start(world);
    let kubectl = |line: &str| kubectl(tree.path(), line);

    let operator = kubectl("get deployment flux-operator -n flux-system");
    assert_eq!(rows(&operator)[0][..2], ["flux-operator", "1/1"], "{operator}");
    let definition = "get crd fluxinstances.fluxcd.controlplane.io";
    assert_eq!(rows(&kubectl(definition))[0][0], "fluxinstances.fluxcd.controlplane.io");
    let established = format!("{definition} -o jsonpath={{.status.conditions[?(@.type==\"Established\")].status}}");
    assert_eq!(kubectl(&established), "True");

    let instance = kubectl("get fluxinstance -n flux-system");
    let cells = &rows(&instance)[0];
    assert_eq!((cells[0], cells.contains(&"True")), ("flux", true), "{instance}");
    let described = kubectl("describe fluxinstance flux -n flux-system");
    for told in
        ["Kind:         FluxInstance", "Type:                  Ready", "Reason:                ReconciliationSucceeded"]
    {
        assert!(described.contains(told), "{told}: {described}");
    }

    let deployments = kubectl("get deployments -n flux-system");
    let ready: Vec<_> = rows(&deployments).into_iter().filter(|row| row[1] == "1/1").map(|row| row[0]).collect();
    let controllers = ["helm-controller", "kustomize-controller", "notification-controller", "source-controller"];
    assert!(controllers.iter().all(|controller| ready.contains(controller)), "{deployments}");
    let releases = kubectl("get helmreleases -A");
    // The request looks for what is stuck by what is not True.
    let stuck: Vec<_> = releases.lines().skip(1).filter(|line| !line.contains("True")).collect();
    assert_eq!((rows(&releases).len(), stuck), (50, vec![]), "{releases}");

    for deployment in ["flux-operator", "helm-controller"] {
        let log = kubectl(&format!("logs -n flux-system deployment/{deployment}"));
        assert!(log.lines().any(|line| line.contains("\"level\":\"info\"")), "{deployment}: {log}");
    }
}
