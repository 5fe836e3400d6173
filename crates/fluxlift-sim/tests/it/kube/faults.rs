//! Faults that were put in.

use std::time::Duration;

use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Effect, Fault, GroupResource, Status};
use serde_json::json;
use tokio::time::Instant;

use super::client::Running;
use super::store::{ENDPOINT, config_map, config_map_key, create, world};

const PATH: &str = "/api/v1/namespaces/default/configmaps";

fn running(fault: Fault) -> Running {
    let (mut world, kubeconfig) = world();
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, config_map("a"));
    world.kube.faults.add(fault);
    Running::of(world, &kubeconfig)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_strikes_as_often_as_it_was_put_in() {
    let running =
        running(Fault::any(2, Effect::Refuse(Status::too_many_requests(3))).on(Verb::List, GroupResource::CONFIG_MAPS));
    assert_eq!(running.get(&format!("{PATH}/a")).await.0, 200, "another verb is spared");
    let codes = [running.get(PATH).await.0, running.get(PATH).await.0, running.get(PATH).await.0];
    assert_eq!(codes, [429, 429, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_takes_its_time() {
    let running = running(Fault::any(1, Effect::Delay(Duration::from_secs(9))));
    let before = Instant::now();
    assert_eq!(running.get(PATH).await.0, 200);
    assert!(before.elapsed() >= Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_may_have_taken_effect() {
    for handled in [true, false] {
        let running = running(Fault::any(1, Effect::Drop { handled }).on(Verb::Create, GroupResource::CONFIG_MAPS));
        let request = http::Request::post(format!("https://{ENDPOINT}{PATH}"));
        let request = request.body(bytes::Bytes::from(config_map("b").to_string())).unwrap();
        assert!(running.try_send(request).await.is_err());
        let there = running.datacenter.with(|world| world.kube.api.get(&config_map_key("b")).is_some());
        assert_eq!(there, handled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_takes_effect_twice() {
    let running = running(Fault::any(1, Effect::Duplicate).on(Verb::Create, GroupResource::CONFIG_MAPS));
    let (code, status) = running.send("POST", PATH, &[], &config_map("b").to_string()).await;
    assert_eq!((code, &status["reason"]), (409, &json!("AlreadyExists")));
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_shows_the_past() {
    let running = running(Fault::any(1, Effect::Stale(1)).on(Verb::Get, GroupResource::CONFIG_MAPS));
    let merge = [("content-type", "application/merge-patch+json")];
    running.send("PATCH", &format!("{PATH}/a"), &merge, r#"{"data":{"a":"2"}}"#).await;
    assert_eq!(running.get(&format!("{PATH}/a")).await.1["data"]["a"], "1");
    assert_eq!(running.get(&format!("{PATH}/a")).await.1["data"]["a"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_watch_may_end_with_gone_or_without_a_word() {
    let expired = running(Fault::any(1, Effect::WatchExpired));
    let events = expired.watch(&format!("{PATH}?watch=true&resourceVersion=1")).await;
    assert_eq!(events[0]["object"]["code"], 410);
    let ended = running(Fault::any(1, Effect::WatchEnd));
    assert_eq!(ended.get(&format!("{PATH}?watch=true&resourceVersion=1")).await, (200, json!("")));
}
