//! Who we are, whom we believe, and for how long.

use fluxlift_core::Timestamp;
use fluxlift_core::deadline::human_duration;
use fluxlift_kube::certificate::Validity;
use jiff::SignedDuration;

use crate::doctor::ids::{CERTIFICATE_ENDS_SOON, CERTIFICATE_UNUSABLE, SERVER_NOT_VERIFIED};
use crate::doctor::{Exam, Finding, Judged};

/// How long before its end a certificate is worth a word. Talos issues them for a year.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

const RENEW: &str = "fetch a fresh one: `talosctl kubeconfig`, or apply the bootstrap unit again";

pub(super) fn judge(exam: &Exam) -> Judged {
    let mut judged = match &exam.certificate {
        Some(Ok(certificate)) => one(certificate, "client certificate", exam.at),
        // A server that asks for one refuses it, and says no more than that it does not know us.
        Some(Err(why)) => {
            let seen = format!("the kubeconfig's client certificate can't be read: {why}");
            Judged::found(Finding::error(CERTIFICATE_UNUSABLE, seen, RENEW))
        }
        None => Judged::absent("the kubeconfig has no client certificate: a token or a plugin says who we are"),
    };
    // One of them has signed the server's certificate: while an authority is replaced there are two.
    if let Some(last) = exam.authorities.iter().max_by_key(|authority| authority.until) {
        let mut authority = one(last, "authority for the server", exam.at);
        judged.seen.append(&mut authority.seen);
        judged.findings.append(&mut authority.findings);
    }
    if exam.believes_anyone {
        let act = "take insecure-skip-tls-verify out of the kubeconfig, and name its certificate-authority-data";
        let seen = "the kubeconfig does not verify the server: insecure-skip-tls-verify";
        judged.push(Finding::warning(SERVER_NOT_VERIFIED, seen, act));
    }
    judged
}

fn one(Validity { subject, from, until }: &Validity, what: &str, now: Timestamp) -> Judged {
    let left = until.duration_since(now);
    if left.is_negative() {
        let seen = format!("the {what} {subject} ended on {until:.0}");
        return Judged::found(Finding::error(CERTIFICATE_UNUSABLE, seen, RENEW));
    }
    if now < *from {
        let seen = format!("the {what} {subject} holds from {from:.0} only, and here it is {now:.0}");
        let act = "compare this machine's clock with those of the nodes: one of them is wrong";
        return Judged::found(Finding::error(CERTIFICATE_UNUSABLE, seen, act));
    }
    let seen = format!("the {what} {subject} holds for another {}", human_duration(left.unsigned_abs()));
    if left < SOON {
        return Judged::found(Finding::warning(CERTIFICATE_ENDS_SOON, format!("{seen}, until {until:.0}"), RENEW));
    }
    Judged::fine(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Unread;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn validity(until: &str) -> Validity {
        Validity { subject: "CN=admin".into(), from: at("2026-01-01T00:00:00Z"), until: at(until) }
    }

    fn exam(now: &str) -> Exam {
        Exam::blind(at(now), &Unread::because("not looked at"))
    }

    fn judged(now: &str) -> Judged {
        judge(&Exam { certificate: Some(Ok(validity("2027-01-01T00:00:00Z"))), ..exam(now) })
    }

    #[test]
    fn a_certificate_with_months_left_is_fine() {
        assert!(judged("2026-06-01T00:00:00Z").findings.is_empty());
        assert!(judge(&exam("2026-06-01T00:00:00Z")).absent.is_some());
    }

    #[test]
    fn one_that_cannot_be_read_is_found_and_not_passed_off_as_none() {
        let certificate = Some(Err(Unread::because("it is not PEM")));
        let judged = judge(&Exam { certificate, ..exam("2026-06-01T00:00:00Z") });
        assert_eq!((judged.findings[0].id, judged.absent), ("certificate-unusable", None));
        assert!(judged.findings[0].seen.ends_with("can't be read: it is not PEM"), "{}", judged.findings[0].seen);
    }

    #[test]
    fn one_that_still_holds_but_ends_in_days_is_told() {
        let found = judged("2026-12-20T00:00:00Z").findings;
        assert_eq!(found[0].id, "certificate-ends-soon");
        assert!(found[0].seen.ends_with("until 2027-01-01T00:00:00Z"), "{}", found[0].seen);
    }

    #[test]
    fn one_that_is_over_and_one_of_the_future_are_unusable() {
        assert_eq!(judged("2027-01-01T00:00:01Z").findings[0].id, "certificate-unusable");
        let early = judged("2025-12-31T23:00:00Z").findings;
        assert_eq!(early[0].id, "certificate-unusable");
        assert!(early[0].act.contains("clock"));
    }

    #[test]
    fn an_authority_that_has_ended_is_found_unless_another_has_taken_its_place() {
        let (old, new) = (validity("2026-02-01T00:00:00Z"), validity("2036-01-01T00:00:00Z"));
        let judged = |authorities| judge(&Exam { authorities, ..exam("2026-06-01T00:00:00Z") });
        assert_eq!(judged(vec![old.clone()]).findings[0].id, "certificate-unusable");
        assert!(judged(vec![old, new]).findings.is_empty());
    }

    #[test]
    fn a_kubeconfig_that_believes_anyone_is_told() {
        let exam = Exam { believes_anyone: true, ..exam("2026-06-01T00:00:00Z") };
        assert_eq!(judge(&exam).findings[0].id, "server-not-verified");
    }
}
