//! Tables, as people see them.

use fluxlift_sim::kube::GroupResource;
use fluxlift_sim::kube::wire::table::age;
use serde_json::{Value, json};

use super::client::Running;
use super::store::{create, deployment, widget, widget_gr, world_with_widgets};

/// A table as kubectl would lay it out.
fn laid_out(table: &Value) -> String {
    let columns = table["columnDefinitions"].as_array().unwrap();
    let head: Vec<_> = columns.iter().map(|c| c["name"].as_str().unwrap().to_uppercase()).collect();
    let mut lines = vec![head];
    for row in table["rows"].as_array().unwrap() {
        let cell = |cell: &Value| match cell {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        lines.push(row["cells"].as_array().unwrap().iter().map(cell).collect());
    }
    lines.iter().map(|line| line.join(" | ")).collect::<Vec<_>>().join("\n")
}

async fn table(running: &Running, path: &str) -> String {
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let (code, table) = running.send("GET", path, &accept, "").await;
    assert_eq!(code, 200, "{table}");
    laid_out(&table)
}

#[tokio::test(start_paused = true)]
async fn each_kind_has_its_columns() {
    let (mut world, kubeconfig) = world_with_widgets();
    let kube = &mut world.kube;
    let mut web = deployment("web");
    web["spec"]["replicas"] = json!(2);
    create(kube, &GroupResource::DEPLOYMENTS, web);
    create(
        kube,
        &GroupResource::SECRETS,
        json!({"metadata": {"name": "sops-age"}, "stringData": {"age.agekey": "KEY"}}),
    );
    let service = json!({"metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.0.9", "ports": [{"port": 80}]}});
    create(kube, &GroupResource::SERVICES, service);
    create(kube, &widget_gr(), widget("w", 3));
    let node = json!({
        "metadata": {"name": "solcp01", "labels": {"node-role.kubernetes.io/control-plane": ""}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.32.0"}},
    });
    let key = fluxlift_sim::kube::Key::cluster(&GroupResource::NODES, "solcp01");
    kube.api.create(&super::store::caller("kubelet"), &GroupResource::NODES, None, node.clone()).unwrap();
    kube.api
        .modify(&super::store::caller("kubelet"), &key, fluxlift_sim::kube::Part::Status, |o| {
            o["status"] = node["status"].clone()
        })
        .unwrap();
    let event = json!({
        "metadata": {"name": "w.1"}, "type": "Normal", "reason": "Made", "message": "made it",
        "involvedObject": {"kind": "Widget", "name": "w"}, "lastTimestamp": "2025-01-01T00:00:00Z",
    });
    create(kube, &GroupResource::EVENTS, event);
    let running = Running::of(world, &kubeconfig);
    let mut all = String::new();
    for path in [
        "/apis/apps/v1/deployments",
        "/api/v1/secrets",
        "/api/v1/namespaces/default/services",
        "/api/v1/nodes",
        "/api/v1/namespaces",
        "/api/v1/events",
        "/apis/example.com/v1/widgets",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    ] {
        all.push_str(&format!("{path}\n{}\n\n", table(&running, path).await));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_age_has_at_most_two_units() {
    let shown = [0, 119, 120, 150, 600, 7260, 10_800, 11_100, 100_000, 180_000, 800_000].map(age::of);
    assert_eq!(shown, ["0s", "119s", "2m", "2m30s", "10m", "121m", "3h", "3h5m", "27h", "2d2h", "9d"]);
}
