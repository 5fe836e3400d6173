//! Which objects a selector picks.

use bytes::Bytes;
use fluxlift_sim::kube::wire::request::ApiRequest;
use fluxlift_sim::kube::wire::selector::Selector;
use fluxlift_sim::kube::{GroupResource, Status};
use http::Request;
use serde_json::json;

use super::store::cluster;

/// The selector of a request that selects by labels.
fn labels(text: &str) -> Result<Selector, Status> {
    let mut request = ApiRequest::of(Request::get("/api/v1/pods").body(Bytes::new()).unwrap());
    request.query.insert("labelSelector".to_owned(), text.to_owned());
    Selector::of(&request, cluster().api.kind(&GroupResource::PODS).unwrap(), None)
}

#[test]
fn every_form_of_a_label_selector_is_understood() {
    let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
    for (text, picked) in [
        ("app=web", true),
        ("app==web,tier!=back", true),
        ("app in (web, api)", true),
        ("app notin (web,api)", false),
        ("missing notin (web)", true),
        ("app", true),
        ("!app", false),
        ("!missing", true),
        ("app=api", false),
    ] {
        assert_eq!(labels(text).unwrap().picks(&object), picked, "{text}");
    }
    assert!(labels("app of (x)").is_err());
}
