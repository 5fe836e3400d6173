//! What will happen when, in its order.

use fluxlift_core::Timestamp;
use fluxlift_sim::{Agenda, Wake};
use jiff::SignedDuration;

#[test]
fn wakes_come_in_the_order_of_their_time_and_then_of_their_making() {
    let now = Timestamp::UNIX_EPOCH;
    let mut agenda = Agenda::default();
    agenda.after(now, SignedDuration::from_secs(2), Wake::Look);
    agenda.after(now, SignedDuration::from_secs(1), Wake::Look);
    assert_eq!(agenda.take_due(now), None);
    let later = now + SignedDuration::from_secs(5);
    assert_eq!(agenda.take_due(later).unwrap().0, now + SignedDuration::from_secs(1));
    assert_eq!(agenda.take_due(later).unwrap().0, now + SignedDuration::from_secs(2));
    assert_eq!(agenda.take_due(later), None);
}

#[test]
fn an_agenda_survives_being_saved() {
    let mut agenda = Agenda::default();
    agenda.at(Timestamp::UNIX_EPOCH, Wake::Look);
    let text = serde_json::to_string(&agenda).unwrap();
    let back: Agenda = serde_json::from_str(&text).unwrap();
    assert_eq!(back.next(), Some(Timestamp::UNIX_EPOCH));
}
