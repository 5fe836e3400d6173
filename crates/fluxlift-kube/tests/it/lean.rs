//! Reading no more of objects than a type has fields for.

use fluxlift_kube::{Kind, Query};
use serde::Deserialize;
use serde_json::json;

use crate::fake::{Fake, answer, refusal};

const GOOSE: Kind = Kind::namespaced("example.org", "v1", "Goose", "geese");

#[derive(Debug, Deserialize, PartialEq)]
struct Named {
    metadata: Name,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Name {
    name: String,
}

fn page(names: &[&str], next: Option<&str>) -> serde_json::Value {
    let items: Vec<_> =
        names.iter().map(|name| json!({"metadata": {"name": name}, "spec": {"large": [1, 2]}})).collect();
    json!({"metadata": {"resourceVersion": "7", "continue": next.unwrap_or_default()}, "items": items})
}

fn names(found: &[Named]) -> Vec<&str> {
    found.iter().map(|named| named.metadata.name.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_read() {
    let fake = Fake::new(|asked| match asked.query.contains("continue=two") {
        false => answer(200, &page(&["a", "b"], Some("two"))),
        true => answer(200, &page(&["c"], None)),
    });
    let found: Vec<Named> = fake.cluster().list_lean(&Query::all(GOOSE)).await.unwrap();
    assert_eq!(names(&found), ["a", "b", "c"]);
    assert!(fake.asked().iter().all(|line| line.contains("limit=500")), "{:?}", fake.asked());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_the_server_forgot_between_two_pages_is_begun_anew_and_nothing_is_counted_twice() {
    let mut forgotten = false;
    let fake = Fake::new(move |asked| match asked.query.contains("continue=two") {
        false => answer(200, &page(&["a"], Some("two"))),
        true if std::mem::replace(&mut forgotten, true) => answer(200, &page(&["b"], None)),
        true => refusal(410, "Expired"),
    });
    let found: Vec<Named> = fake.cluster().list_lean(&Query::all(GOOSE)).await.unwrap();
    assert_eq!(names(&found), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_forgets_is_given_up() {
    let fake = Fake::new(|asked| match asked.query.contains("continue=two") {
        false => answer(200, &page(&["a"], Some("two"))),
        true => refusal(410, "Expired"),
    });
    let error = fake.cluster().list_lean::<Named>(&Query::all(GOOSE)).await.unwrap_err();
    assert!(error.is_gone(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_does_not_fit_is_an_error_and_not_left_out() {
    let fake = Fake::new(|_| answer(200, &json!({"metadata": {}, "items": [{"metadata": {}}]})));
    let error = fake.cluster().list_lean::<Named>(&Query::all(GOOSE)).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer to list geese cannot be read");
}
