//! What a cluster does by itself: establish definitions, collect garbage, empty namespaces, end Pods.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::Value;

use super::definition::{self, CLEANUP};
use super::update::Part;
use super::{ApiServer, Caller, Change, ChangeType, DeleteOptions, GroupResource, Key, KubeWake, Propagation, meta};
use crate::{Wake, World};

const COLLECTOR: &str = "kube-controller-manager";

/// How long the garbage collector and its kind take to look.
const LOOK: SignedDuration = SignedDuration::from_millis(100);

/// How long a Pod takes to stop.
const STOP: SignedDuration = SignedDuration::from_secs(1);

/// Reacts to what changed since the last time. True when there was something.
pub fn settle(world: &mut World) -> bool {
    let (moves, told) = world.kube.moves;
    world.changes += moves - told;
    world.kube.moves.1 = moves;
    let (cursor, revision) = (world.kube.cursor, world.kube.api.revision());
    if cursor == revision {
        return false;
    }
    world.changes += revision - cursor;
    world.kube.cursor = revision;
    let establish = world.options.crd_establish.try_into().unwrap_or(LOOK);
    let mut wakes = Vec::new();
    let mut refresh = Vec::new();
    let mut forget = Vec::new();
    // The log is as long as any burst between two looks; a reader that lags further has lost nothing but reactions.
    for change in world.kube.api.changes_since(cursor).into_iter().flatten() {
        if change.key.gr == GroupResource::CUSTOM_RESOURCE_DEFINITIONS {
            let name = change.key.name.clone();
            match change.kind {
                ChangeType::Added => wakes.push((establish, KubeWake::Establish(name))),
                ChangeType::Modified if meta::is_terminating(&change.object) => {
                    wakes.push((LOOK, KubeWake::EmptyDefinition(name)));
                }
                ChangeType::Modified => refresh.push(name),
                ChangeType::Deleted => forget.push(change.object.clone()),
            }
        }
        react(&world.kube.api, change, &mut wakes);
    }
    for name in refresh {
        world.kube.api.refresh_definition(&name);
    }
    for object in forget {
        world.kube.api.forget_definition(&object);
    }
    for (delay, wake) in wakes {
        world.agenda.after(world.now, delay, Wake::Kube(wake));
    }
    true
}

fn react(api: &ApiServer, change: &Change, wakes: &mut Vec<(SignedDuration, KubeWake)>) {
    let object = &*change.object;
    if change.kind == ChangeType::Deleted {
        wakes.push((LOOK, KubeWake::CollectOwnedBy(meta::uid(object).to_owned())));
        if let Some(namespace) = &change.key.namespace {
            let key = Key::cluster(&GroupResource::NAMESPACES, namespace);
            if api.get(&key).is_some_and(meta::is_terminating) {
                wakes.push((LOOK, KubeWake::EmptyNamespace(namespace.clone())));
            }
        }
        for owner in meta::owners(object) {
            if let Some(key) = owner_key(api, change.key.namespace.as_deref(), owner)
                && api.get(&key).is_some_and(meta::is_terminating)
            {
                wakes.push((LOOK, KubeWake::ReleaseDependents(key)));
            }
        }
        if let Some(defined) = definition_of(api, &change.key.gr)
            && api.get(&defined).is_some_and(meta::is_terminating)
        {
            wakes.push((LOOK, KubeWake::EmptyDefinition(defined.name)));
        }
        return;
    }
    if change.kind == ChangeType::Added && !meta::owners(object).is_empty() {
        wakes.push((LOOK, KubeWake::CheckOwners(change.key.clone())));
    }
    if !meta::is_terminating(object) || change.previous.as_deref().is_some_and(meta::is_terminating) {
        return;
    }
    if meta::finalizers(object).any(|f| f == "foregroundDeletion" || f == "orphan") {
        wakes.push((LOOK, KubeWake::ReleaseDependents(change.key.clone())));
    }
    if change.key.gr == GroupResource::NAMESPACES {
        wakes.push((LOOK, KubeWake::EmptyNamespace(change.key.name.clone())));
    }
    if change.key.gr == GroupResource::PODS {
        wakes.push((STOP, KubeWake::EndPod(change.key.clone(), meta::uid(object).to_owned())));
    }
}

/// Does what was asked for. Refusals are left: whatever stands in the way will change and ask again.
pub fn wake(world: &mut World, wake: KubeWake) {
    let caller = Caller::controller(COLLECTOR, world.now);
    let api = &mut world.kube.api;
    match wake {
        KubeWake::Establish(name) => {
            let _ = api.establish(&Caller { manager: "kube-apiserver", ..caller }, &name);
        }
        KubeWake::EmptyDefinition(name) => empty_definition(api, &caller, &name),
        KubeWake::EmptyNamespace(name) => empty_namespace(api, &caller, &name),
        KubeWake::CollectOwnedBy(uid) => {
            let owned: Vec<_> = dependents(api, &uid).cloned().collect();
            for key in owned {
                check_owners(api, &caller, &key);
            }
        }
        KubeWake::CheckOwners(key) => check_owners(api, &caller, &key),
        KubeWake::ReleaseDependents(key) => release(api, &caller, &key),
        KubeWake::EndPod(key, uid) => {
            let options = DeleteOptions { uid: Some(uid), grace_period_seconds: Some(0), ..DeleteOptions::default() };
            let _ = api.delete(&Caller { manager: "kubelet", ..caller }, &key, &options);
        }
    }
}

fn dependents<'a>(api: &'a ApiServer, uid: &'a str) -> impl Iterator<Item = &'a Key> {
    api.all().filter(move |(_, object)| meta::owners(object).iter().any(|o| o["uid"] == uid)).map(|(key, _)| key)
}

fn owner_key(api: &ApiServer, namespace: Option<&str>, owner: &Value) -> Option<Key> {
    let kind = api.kind_of(meta::text(owner, &["apiVersion"]), meta::text(owner, &["kind"]))?;
    let namespace = if kind.namespaced { namespace } else { None };
    Some(Key::of(&kind.gr, namespace, meta::text(owner, &["name"])))
}

fn definition_of(api: &ApiServer, gr: &GroupResource) -> Option<Key> {
    let custom = api.kind(gr).is_some_and(|kind| kind.custom);
    custom.then(|| Key::cluster(&GroupResource::CUSTOM_RESOURCE_DEFINITIONS, gr.to_string()))
}

/// Deletes an object when none of its owners is left; otherwise takes out the references to those that are gone.
fn check_owners(api: &mut ApiServer, caller: &Caller<'_>, key: &Key) {
    let Some(object) = api.get(key) else { return };
    let owners = meta::owners(object);
    if owners.is_empty() {
        return;
    }
    let gone: BTreeSet<String> = owners
        .iter()
        .filter(|owner| {
            // An owner of a kind that is not served is unknown, not gone.
            let Some(owner_key) = owner_key(api, key.namespace.as_deref(), owner) else { return false };
            api.get(&owner_key).is_none_or(|object| owner["uid"] != meta::uid(object))
        })
        .map(|owner| meta::text(owner, &["uid"]).to_owned())
        .collect();
    if gone.len() == owners.len() {
        let uid = Some(meta::uid(object).to_owned());
        let _ = api.delete(caller, key, &DeleteOptions { uid, ..DeleteOptions::default() });
    } else if !gone.is_empty() {
        drop_references(api, caller, key, &gone);
    }
}

fn drop_references(api: &mut ApiServer, caller: &Caller<'_>, key: &Key, uids: &BTreeSet<String>) {
    let _ = api.modify(caller, key, Part::Object, |object| {
        if let Some(list) = meta::metadata_mut(object).get_mut("ownerReferences").and_then(Value::as_array_mut) {
            list.retain(|owner| !uids.contains(meta::text(owner, &["uid"])));
        }
    });
}

/// The garbage collector's part in a foreground or orphaning deletion.
fn release(api: &mut ApiServer, caller: &Caller<'_>, key: &Key) {
    let Some(object) = api.get(key).filter(|object| meta::is_terminating(object)) else { return };
    let uid = meta::uid(object).to_owned();
    let orphan = meta::finalizers(object).any(|f| f == "orphan");
    let foreground = meta::finalizers(object).any(|f| f == "foregroundDeletion");
    let owned: Vec<_> = dependents(api, &uid).cloned().collect();
    if orphan {
        for dependent in &owned {
            drop_references(api, caller, dependent, &BTreeSet::from([uid.clone()]));
        }
        drop_finalizer(api, caller, key, "orphan");
    } else if foreground {
        for dependent in &owned {
            let options = DeleteOptions { propagation: Propagation::Foreground, ..DeleteOptions::default() };
            let _ = api.delete(caller, dependent, &options);
        }
        let blocking = |dependent: &Key| {
            api.get(dependent).is_some_and(|object| {
                meta::owners(object).iter().any(|o| o["uid"] == uid.as_str() && o["blockOwnerDeletion"] == true)
            })
        };
        if !owned.iter().any(blocking) {
            drop_finalizer(api, caller, key, "foregroundDeletion");
        }
    }
}

fn drop_finalizer(api: &mut ApiServer, caller: &Caller<'_>, key: &Key, finalizer: &str) {
    let _ = api.modify(caller, key, Part::Object, |object| {
        if let Some(list) = meta::metadata_mut(object).get_mut("finalizers").and_then(Value::as_array_mut) {
            list.retain(|f| f != finalizer);
        }
    });
}

fn empty_definition(api: &mut ApiServer, caller: &Caller<'_>, name: &str) {
    let key = Key::cluster(&GroupResource::CUSTOM_RESOURCE_DEFINITIONS, name);
    let Some(object) = api.get(&key).filter(|object| meta::is_terminating(object)) else { return };
    let gr = definition::kind_of(object).gr;
    let objects: Vec<_> = api.entries(&gr, None).map(|(key, _)| key.clone()).collect();
    for object in &objects {
        let _ = api.delete(caller, object, &DeleteOptions::default());
    }
    if api.entries(&gr, None).next().is_none() {
        drop_finalizer(api, caller, &key, CLEANUP);
    }
}

fn empty_namespace(api: &mut ApiServer, caller: &Caller<'_>, name: &str) {
    let key = Key::cluster(&GroupResource::NAMESPACES, name);
    if !api.get(&key).is_some_and(meta::is_terminating) {
        return;
    }
    let inside = |api: &ApiServer| -> Vec<Key> {
        api.all().filter(|(key, _)| key.namespace.as_deref() == Some(name)).map(|(key, _)| key.clone()).collect()
    };
    for object in inside(api) {
        let _ = api.delete(caller, &object, &DeleteOptions::default());
    }
    if inside(api).is_empty() {
        let _ = api.modify(caller, &key, Part::Object, |object| {
            meta::child_mut(object, "spec").remove("finalizers");
        });
    }
}
