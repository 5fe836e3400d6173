//! Requests, their errors, and what is checked before the first of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use fluxlift_core::{Deadline, Explain as _};
use fluxlift_gate::GateContext;
use fluxlift_kube::{ApplyAs, Class, Cluster, ConnectError, Deletion, Kubeconfig, Object, ObjectRef, kind, persist};
use serde_json::json;

use crate::fake::{Fake, answer, clock, plain, refusal, refusal_saying, secret};

fn target() -> ObjectRef {
    ObjectRef::namespaced(kind::SECRET, "n", "s")
}

#[tokio::test(start_paused = true)]
async fn an_apply_names_its_manager_and_a_conflict_is_told_apart() {
    let fake = Fake::new(|asked| {
        assert_eq!(asked.method, "PATCH");
        if asked.query.contains("force=true") { answer(200, &secret(2, "red")) } else { refusal(409, "Conflict") }
    });
    let object = Object::named(&target()).with_label("color", "red");
    let error = fake.cluster().apply(&kind::SECRET, &object, ApplyAs::default()).await.unwrap_err();
    assert_eq!(error.class(), Class::Conflict);
    let applied = fake.cluster().apply(&kind::SECRET, &object, ApplyAs::OWNER).await.unwrap();
    assert_eq!(applied.label("color"), Some("red"));
    assert!(fake.asked().iter().all(|line| line.contains("fieldManager=fluxlift")), "{:?}", fake.asked());
}

/// A definition was established a moment ago: its path is served from the third request on.
fn served_late() -> Fake {
    let mut asked = 0;
    Fake::new(move |_| {
        asked += 1;
        match asked {
            1 => plain(404, "404 page not found\n"),
            2 => refusal_saying(404, "NotFound", "the server could not find the requested resource"),
            _ => answer(201, &secret(1, "red")),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_yet_is_created_and_applied_as_soon_as_it_is() {
    let object = Object::named(&target());
    let cx = GateContext::quiet(clock());
    let patient = |fake: &Fake| fake.cluster().persistent(&cx, Deadline::minutes(5));
    let fake = served_late();
    patient(&fake).create(&kind::SECRET, &object).await.unwrap();
    assert_eq!(fake.asked().len(), 3);
    patient(&served_late()).apply(&kind::SECRET, &object, ApplyAs::default()).await.unwrap();
    let error = served_late().cluster().create(&kind::SECRET, &object).await.unwrap_err();
    assert!(error.is_not_found(), "without patience it is told at once: {error}");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_missing_is_not_waited_for_and_a_path_only_for_a_moment() {
    let object = Object::named(&target());
    let start = tokio::time::Instant::now();
    let cx = GateContext::quiet(clock());
    let missing = Fake::new(|_| refusal_saying(404, "NotFound", "namespaces \"n\" not found"));
    let error = missing.cluster().persistent(&cx, Deadline::minutes(5)).create(&kind::SECRET, &object).await;
    assert!(error.unwrap_err().is_not_found() && start.elapsed().is_zero());
    let never = Fake::new(|_| plain(404, "404 page not found\n"));
    let error = never.cluster().persistent(&cx, Deadline::minutes(5)).create(&kind::SECRET, &object).await;
    assert!(error.unwrap_err().is_of_unserved_path());
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_can_be_bound_to_one_object() {
    let fake = Fake::new(|asked| match asked.body["preconditions"]["uid"].as_str() {
        Some("u") => answer(200, &json!({"kind": "Status", "status": "Success"})),
        Some(_) => refusal(409, "Conflict"),
        None => refusal(404, "NotFound"),
    });
    let cluster = fake.cluster();
    let seen = Object::new(secret(1, "red"));
    assert!(cluster.delete(&target(), &Deletion::of(&seen)).await.unwrap());
    let other = Deletion { uid: Some("v".to_owned()), resource_version: None };
    assert_eq!(cluster.delete(&target(), &other).await.unwrap_err().class(), Class::Conflict);
    assert!(!cluster.delete(&target(), &Deletion::default()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_looked_up_in_its_own_group_and_once() {
    let fake = Fake::new(|asked| match asked.path.as_str() {
        "/apis/example.org/v1" => answer(
            200,
            &json!({"resources": [
            {"name": "geese/status", "kind": "Goose", "namespaced": true},
            {"name": "geese", "kind": "Goose", "namespaced": true}]}),
        ),
        _ => refusal(404, "NotFound"),
    });
    let cluster = fake.cluster();
    for _ in 0..2 {
        assert_eq!(cluster.kind_of("example.org/v1", "Goose").await.unwrap().plural(), "geese");
    }
    assert_eq!(fake.asked(), ["GET /apis/example.org/v1"]);
    let error = cluster.kind_of("example.org/v2", "Goose").await.unwrap_err();
    assert_eq!(error.to_string(), "the cluster serves no Goose in example.org/v2");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up_after_a_time() {
    struct Silence;
    impl fluxlift_net::Dial for Silence {
        fn dial(
            &self,
            _: &fluxlift_net::Authority,
        ) -> futures::future::BoxFuture<'static, std::io::Result<fluxlift_net::Connection>> {
            let (ours, theirs) = tokio::io::duplex(1024);
            std::mem::forget(theirs);
            Box::pin(async move { Ok(fluxlift_net::Connection::new(ours)) })
        }
    }
    let text = "{current-context: a, contexts: [{name: a, context: {cluster: a}}], \
                clusters: [{name: a, cluster: {server: 'http://10.0.0.1:8080'}}]}";
    let kubeconfig = Kubeconfig::from_text(text, None, None).unwrap();
    let cluster = Cluster::connect(&kubeconfig, Arc::new(Silence), clock(), 1).unwrap();
    let error = cluster.get(&target()).await.unwrap_err();
    assert_eq!(error.to_string(), "get secret/n/s got no answer from http://10.0.0.1:8080 in 30s");
    assert_eq!(error.class(), Class::Transient);
}

#[tokio::test(start_paused = true)]
async fn trying_again_ends_with_success_with_a_refusal_or_with_its_budget() {
    let tries = AtomicU64::new(0);
    let fake = Fake::new(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0..3 => refusal(503, "ServiceUnavailable"),
        3 => answer(200, &secret(1, "red")),
        4 => refusal(403, "Forbidden"),
        _ => refusal(503, "ServiceUnavailable"),
    });
    let (cluster, cx) = (fake.cluster(), GateContext::quiet(clock()));
    let secret = target();
    let get = || persist(&cx, 1, Deadline::secs(30), || cluster.must_get(&secret));
    assert!(get().await.is_ok());
    assert_eq!(get().await.unwrap_err().class(), Class::Forbidden);
    assert_eq!(get().await.unwrap_err().class(), Class::Transient);
}

#[test]
fn an_expired_client_certificate_is_named_with_its_date_before_anything_is_sent() {
    let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "admin");
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2025, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    let text = format!(
        "{{current-context: a, contexts: [{{name: a, context: {{cluster: a, user: u}}}}], \
         clusters: [{{name: a, cluster: {{server: 'https://10.0.0.1:6443'}}}}], \
         users: [{{name: u, user: {{client-certificate-data: {}, client-key-data: {}}}}}]}}",
        encode(params.self_signed(&key).unwrap().pem()),
        encode(key.serialize_pem()),
    );
    let kubeconfig = Kubeconfig::from_text(&text, None, None).unwrap();
    let fake = Fake::new(|_| refusal(500, "never asked"));
    let now = Arc::new(fluxlift_core::clock::FixedClock("2026-01-01T00:00:00Z".parse().unwrap()));
    let error = Cluster::connect(&kubeconfig, Arc::new(fake.clone()), now, 1).unwrap_err();
    assert!(matches!(error, ConnectError::Expired { .. }));
    assert_eq!(
        error.to_string(),
        "the client certificate for CN=admin in the kubeconfig of context a expired on 2025-01-01T00:00:00Z"
    );
    assert_eq!(error.hints().len(), 1);
    assert!(fake.asked().is_empty());
}
