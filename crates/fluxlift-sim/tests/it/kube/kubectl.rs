//! The real kubectl, where there is one.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use fluxlift_gate::TokioClock;
use fluxlift_sim::kube::{GroupResource, Key, Part, standalone};
use fluxlift_sim::{Datacenter, Options, World, serve};
use serde_json::json;

use super::store::{caller, widgets};

/// Runs kubectl; its output, or why it failed.
async fn kubectl(home: &Path, arguments: &str) -> Result<String, String> {
    let mut command = Command::new("kubectl");
    command.env("KUBECONFIG", home.join("kubeconfig")).env("HOME", home).current_dir(home).args(arguments.split(' '));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[tokio::test]
async fn stock_kubectl_works_on_the_cluster() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        // What a test prints is shown when it fails only; a test that did nothing must not look like one that passed.
        let _ = writeln!(std::io::stderr(), "skipped: there is no kubectl on this machine to ask the API with");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let now = std::fs::metadata(home.path()).unwrap().modified().unwrap().try_into().unwrap();
    let mut world = World::new(Options::default(), now);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let kubeconfig = standalone(&mut world, format!("127.101.0.11:{port}").parse().unwrap()).unwrap();
    std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
    std::fs::write(home.path().join("widgets.yaml"), widgets().to_string()).unwrap();
    let widget = super::store::widget("w", 2).to_string();
    std::fs::write(home.path().join("widget.yaml"), &widget).unwrap();
    std::fs::write(home.path().join("bigger.yaml"), widget.replace("\"size\":2", "\"size\":3")).unwrap();
    std::fs::write(home.path().join("web.yaml"), super::store::deployment("web").to_string()).unwrap();
    let datacenter = Datacenter::new(world, Arc::new(TokioClock::starting_at(now)));
    let driver = datacenter.run();
    let endpoint = datacenter.with(|world| world.kube.endpoints().next().copied()).unwrap();
    let listener = tokio::net::TcpListener::bind(endpoint).await.unwrap();
    let serving = tokio::spawn({
        let datacenter = datacenter.clone();
        async move {
            while let Ok((stream, _)) = listener.accept().await {
                let route = fluxlift_sim::Route::Kube(endpoint);
                let connection = fluxlift_net::Connection::new(stream);
                tokio::spawn(serve::connection(datacenter.clone(), route, connection));
            }
        }
    });
    let run = async |arguments: &str| kubectl(home.path(), arguments).await;

    assert!(run("version").await.unwrap().contains("Server Version: v1.32.0"));
    assert_eq!(
        run("apply -f widgets.yaml").await.unwrap(),
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com created"
    );
    // Before anybody has looked at its names a definition has no list of conditions, and kubectl stumbles over that.
    let wait = async || run("wait --for=condition=Established crd/widgets.example.com --timeout=20s").await;
    let mut waited = wait().await;
    let stumbled = |error: &String| error.contains(".status.conditions accessor error: <nil>");
    for _ in 0..100 {
        if waited.as_ref().is_err_and(stumbled) {
            waited = wait().await;
        }
    }
    waited.unwrap();
    let established = "get crd widgets.example.com -o jsonpath={.status.conditions[?(@.type=='Established')].status}";
    assert_eq!(run(established).await.unwrap(), "True");

    assert_eq!(run("apply -f widget.yaml").await.unwrap(), "widget.example.com/w created");
    assert_eq!(run("apply -f widget.yaml").await.unwrap(), "widget.example.com/w unchanged");
    assert_eq!(run("apply -f bigger.yaml").await.unwrap(), "widget.example.com/w configured");
    assert!(run("diff -f widget.yaml").await.is_err(), "there is a difference, so diff fails");
    assert_eq!(run("apply --server-side -f bigger.yaml").await.unwrap(), "widget.example.com/w serverside-applied");
    let conflict = run("apply --server-side --field-manager=other -f widget.yaml").await.unwrap_err();
    assert!(conflict.contains("conflict with \"kubectl\": .spec.size"), "{conflict}");
    datacenter.with(|world| {
        let key = Key::namespaced(&super::store::widget_gr(), "default", "w");
        let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        world.kube.api.modify(&caller("controller"), &key, Part::Status, |o| o["status"] = ready).unwrap();
        let event = json!({
            "metadata": {"generateName": "w."}, "type": "Normal", "reason": "Made", "message": "made it",
            "involvedObject": {
                "kind": "Widget", "name": "w", "namespace": "default",
                "uid": fluxlift_sim::kube::meta::uid(world.kube.api.get(&key).unwrap()),
            },
            "lastTimestamp": world.now.to_string(),
        });
        world.kube.api.create(&caller("controller"), &GroupResource::EVENTS, Some("default"), event).unwrap();
    });
    run("wait --for=condition=Ready widget/w --timeout=20s").await.unwrap();
    let table = run("get widgets -A --no-headers").await.unwrap();
    let cells: Vec<_> = table.split_whitespace().collect();
    assert_eq!((cells[0], cells[1], cells[3], cells[4]), ("default", "w", "True", "3"));
    let described = run("describe widget w").await.unwrap();
    assert!(described.contains("Size:  3") && described.contains("made it"), "{described}");
    assert!(run("explain widget.spec.parts").await.unwrap().contains("colour"));

    assert_eq!(run("create namespace apps").await.unwrap(), "namespace/apps created");
    assert_eq!(run("create secret generic key --from-literal=a=b").await.unwrap(), "secret/key created");
    assert_eq!(run("get secret key -o jsonpath={.data.a}").await.unwrap(), "Yg==");
    assert_eq!(run("auth can-i delete pods").await.unwrap(), "yes");

    assert_eq!(run("apply -f web.yaml").await.unwrap(), "deployment.apps/web created");
    assert_eq!(run("scale deployment/web --replicas=2").await.unwrap(), "deployment.apps/web scaled");
    assert_eq!(run("get deployment web -o jsonpath={.spec.replicas}").await.unwrap(), "2");
    let pod = json!({
        "metadata": {"name": "web-1", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    datacenter.with(|world| {
        world.kube.api.create(&caller("test"), &GroupResource::PODS, Some("default"), pod).unwrap();
        let now = world.now;
        world.kube.log("default", "web-1", "app", now, "it runs");
    });
    assert_eq!(run("logs web-1").await.unwrap(), "it runs");
    let quiet = "patch deployment web --type=merge -p {\"spec\":{\"replicas\":0}}";
    assert_eq!(run(quiet).await.unwrap(), "deployment.apps/web patched");
    assert_eq!(run("logs web-1 --tail=1 --timestamps=false").await.unwrap(), "it runs");
    assert_eq!(run("label deployment web tier=front").await.unwrap(), "deployment.apps/web labeled");
    assert_eq!(run("get deployments -A -l tier=front -o name").await.unwrap(), "deployment.apps/web");
    run("delete pods -l pod-template-hash --wait=false").await.unwrap();
    let until = "wait --for=delete pods -l pod-template-hash --timeout=20s";
    run(until).await.unwrap();
    assert_eq!(run("logs deployment/web").await.unwrap(), "it runs");
    assert_eq!(run("rollout restart deployment/web").await.unwrap(), "deployment.apps/web restarted");
    assert!(run("get all,secrets,events -A").await.unwrap().contains("pod/web-1"));
    assert_eq!(run("delete widget w").await.unwrap(), "widget.example.com \"w\" deleted");
    assert_eq!(run("delete namespace apps --timeout=20s").await.unwrap(), "namespace \"apps\" deleted");
    assert!(run("get widget w").await.unwrap_err().contains("NotFound"));
    serving.abort();
    driver.abort();
}
