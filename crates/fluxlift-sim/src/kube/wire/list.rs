//! Lists, whole or in pages.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::read::{Form, in_version, metadata_of};
use super::request::ApiRequest;
use super::selector::Selector;
use super::table;
use super::target::Objects;
use crate::kube::{Key, Kind, Kube, Reason, Status};

/// Where the next page starts.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    /// The revision of the whole list.
    rv: u64,
    /// The last key of the page before.
    after: Key,
}

/// Answers a list; as it was `stale` many revisions ago, when that is known.
///
/// # Errors
/// 400 for a selector that can't be read, 410 for a page of a list that is forgotten.
pub fn answer(
    kube: &Kube,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
    now: Timestamp,
    stale: u64,
) -> Result<Answer, Status> {
    let selector = Selector::of(request, kind, objects.name.as_deref())?;
    let page = request.param("continue").map(read_page).transpose()?;
    let current = kube.api.revision();
    let revision = match &page {
        Some(page) => page.rv,
        None => asked_revision(request, current)?.unwrap_or_else(|| current.saturating_sub(stale)),
    };
    let namespace = objects.namespace.as_deref();
    let all: Vec<(Key, Arc<Value>)> = if revision == current {
        kube.api.entries(&objects.gr, namespace).map(|(k, o)| (k.clone(), Arc::clone(o))).collect()
    } else {
        kube.api
            .list_at(&objects.gr, namespace, revision)
            .map_err(|gone| forgotten(page.is_some(), gone.asked, gone.oldest))?
    };
    let mut picked: Vec<_> = all.into_iter().filter(|(_, object)| selector.picks(object)).collect();
    if let Some(page) = &page {
        picked.retain(|(key, _)| *key > page.after);
    }
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    let limit = request.param("limit").and_then(|l| l.parse().ok()).filter(|limit| *limit > 0_usize);
    if let Some(limit) = limit.filter(|limit| picked.len() > *limit) {
        let rest = picked.split_off(limit);
        if let Some((last, _)) = picked.last() {
            let next = Page { rv: revision, after: last.clone() };
            metadata["continue"] = json!(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&next).unwrap_or_default()));
        }
        if selector.is_everything() {
            metadata["remainingItemCount"] = json!(rest.len());
        }
    }
    let items: Vec<_> = picked.iter().map(|(_, object)| in_version(object, kind, &objects.version)).collect();
    let body = match Form::of(request) {
        Form::Table(include) => {
            table::render(kind, &objects.version, items.iter().map(|o| &**o), include, now, &metadata)
        }
        Form::Metadata => json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "items": items.iter().map(|object| metadata_of(object)).collect::<Vec<_>>(),
        }),
        Form::Object => {
            let items: Vec<_> = items.iter().map(|object| item(kind, object)).collect();
            json!({
                "kind": format!("{}List", kind.kind),
                "apiVersion": kind.api_version(&objects.version),
                "metadata": metadata,
                "items": items,
            })
        }
    };
    Ok(answer::json(200, &body))
}

/// An item of a list: built-in kinds don't repeat what they are.
pub(super) fn item(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut().filter(|_| !kind.custom) {
        map.remove("apiVersion");
        map.remove("kind");
    }
    object
}

fn asked_revision(request: &ApiRequest, current: u64) -> Result<Option<u64>, Status> {
    let Some(text) = request.param("resourceVersion").filter(|text| *text != "0") else { return Ok(None) };
    let asked: u64 = text.parse().map_err(|_| Status::bad_request(format!("invalid resource version {text:?}")))?;
    if asked > current {
        let message = format!("Too large resource version: {asked}, current: {current}");
        return Err(Status::new(504, Reason::Timeout, message));
    }
    Ok((request.param("resourceVersionMatch") == Some("Exact")).then_some(asked))
}

fn read_page(token: &str) -> Result<Page, Status> {
    let bad = || Status::bad_request("continue key is not valid");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map_err(|_| bad())
}

fn forgotten(page: bool, asked: u64, oldest: u64) -> Status {
    if page {
        let message = "The provided continue parameter is too old to display a consistent list result. \
                       You can start a new list without the continue parameter.";
        Status::new(410, Reason::Expired, message)
    } else {
        Status::expired(asked, oldest)
    }
}
