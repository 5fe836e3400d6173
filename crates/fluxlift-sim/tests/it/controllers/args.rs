//! What the arguments of a controller say.

use fluxlift_sim::controllers::Args;
use jiff::SignedDuration;
use serde_json::json;

fn args(list: &[&str]) -> Args {
    Args::of_pod(&json!({"spec": {"containers": [{"args": list}]}}))
}

#[test]
fn the_last_of_a_repeated_argument_counts() {
    let args = args(&["--requeue-dependency=30s", "--concurrent=10", "--requeue-dependency=5s"]);
    assert_eq!(args.requeue_dependency, SignedDuration::from_secs(5));
    assert_eq!(args.concurrent, Some(10));
}

#[test]
fn a_main_controller_takes_what_has_no_shard_and_a_shard_takes_its_own() {
    let (plain, sharded) = (json!({"metadata": {}}), json!({"metadata": {"labels": {"shard": "one"}}}));
    let main = args(&["--watch-label-selector=!shard"]);
    let shard = args(&["--watch-label-selector=shard=one"]);
    assert!(main.watches("flux-system", &plain) && !main.watches("flux-system", &sharded));
    assert!(!shard.watches("flux-system", &plain) && shard.watches("flux-system", &sharded));
}

#[test]
fn without_all_namespaces_only_its_own_is_watched() {
    let args = args(&["--watch-all-namespaces=false"]);
    assert!(args.watches("flux-system", &json!({"metadata": {"namespace": "flux-system"}})));
    assert!(!args.watches("flux-system", &json!({"metadata": {"namespace": "apps"}})));
}
