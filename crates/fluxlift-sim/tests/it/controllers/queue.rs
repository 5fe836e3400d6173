//! The work queue of a controller: what is worked on, what waits, and how long.

use fluxlift_core::Timestamp;
use fluxlift_sim::controllers::WorkQueue;
use fluxlift_sim::kube::{GroupResource, Key};
use jiff::SignedDuration;

fn name(name: &str) -> Key {
    Key::namespaced(&GroupResource::PODS, "apps", name)
}

#[test]
fn an_object_that_changes_while_it_is_worked_on_is_queued_again_afterwards() {
    let mut queue = WorkQueue::default();
    queue.add(name("a"));
    assert_eq!(queue.take(1), Some(name("a")));
    queue.add(name("a"));
    assert_eq!(queue.take(2), None);
    queue.done(&name("a"));
    assert_eq!(queue.take(1), Some(name("a")));
}

#[test]
fn no_more_objects_are_worked_on_than_there_are_workers() {
    let mut queue = WorkQueue::default();
    for n in ["a", "b", "c"] {
        queue.add(name(n));
    }
    assert!(queue.take(2).is_some() && queue.take(2).is_some());
    assert_eq!(queue.take(2), None);
    assert_eq!(queue.depth(), (1, 2));
}

#[test]
fn failures_double_the_delay_from_750_milliseconds_up_to_a_quarter_of_an_hour() {
    let mut queue = WorkQueue::default();
    let delays: Vec<i128> = (0..40).map(|_| queue.back_off(&name("a")).as_millis()).collect();
    assert_eq!(delays[..3], [750, 1500, 3000]);
    assert_eq!(*delays.last().unwrap(), 900_000);
    queue.forget(&name("a"));
    assert_eq!(queue.back_off(&name("a")).as_millis(), 750);
}

#[test]
fn an_object_that_is_queued_at_once_is_not_queued_again_at_the_moment_that_was_noted() {
    let now = Timestamp::UNIX_EPOCH;
    let mut queue = WorkQueue::default();
    queue.add_at(name("a"), now + SignedDuration::from_secs(1));
    queue.add(name("a"));
    assert_eq!(queue.take(1), Some(name("a")));
    queue.done(&name("a"));
    queue.due(&name("a"), now + SignedDuration::from_secs(1));
    assert_eq!(queue.take(1), None);
}

#[test]
fn the_earlier_of_two_later_moments_wins() {
    let now = Timestamp::UNIX_EPOCH;
    let mut queue = WorkQueue::default();
    assert!(queue.add_at(name("a"), now + SignedDuration::from_secs(5)));
    assert!(!queue.add_at(name("a"), now + SignedDuration::from_secs(9)));
    assert!(queue.add_at(name("a"), now + SignedDuration::from_secs(1)));
    queue.due(&name("a"), now);
    assert_eq!(queue.take(1), None);
    queue.due(&name("a"), now + SignedDuration::from_secs(1));
    assert_eq!(queue.take(1), Some(name("a")));
}
