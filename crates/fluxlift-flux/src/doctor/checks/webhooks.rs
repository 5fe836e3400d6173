//! Whoever must be asked before a write is there to answer, and can be known.

use fluxlift_core::Timestamp;

use crate::doctor::ids::WEBHOOK_BLOCKS;
use crate::doctor::{Finding, Judged, Read, Trust, Webhook};

const CERTIFICATE: &str =
    "see why nobody has put a valid caBundle there: cert-manager's cainjector, or the job of its chart";

pub(super) fn judge(webhooks: &Read<Vec<Webhook>>, now: Timestamp) -> Read<Judged> {
    let webhooks = webhooks.as_ref()?;
    let mut judged = Judged::default();
    let mut answered = 0;
    for webhook in webhooks {
        let Some((namespace, name)) = &webhook.service else {
            judged.not_known(format!("{} is answered outside the cluster, where nothing can be seen", webhook.name));
            continue;
        };
        let trouble = match (&webhook.ready, webhook.trust) {
            (Err(why), _) => {
                judged.not_known(format!("{}: {why}", webhook.name));
                continue;
            }
            (Ok(0), _) => {
                let act = format!(
                    "bring its Pods up: `kubectl get pods -n {namespace}`; if they cannot come up because of it, delete \
                     the webhook configuration, which its chart makes again"
                );
                Some((format!("service/{namespace}/{name} has no ready endpoint"), act))
            }
            (Ok(_), Trust::Machine) => Some(("it has no caBundle".to_owned(), CERTIFICATE.to_owned())),
            (Ok(_), Trust::Unreadable) => Some(("its caBundle has no certificate".to_owned(), CERTIFICATE.to_owned())),
            (Ok(_), Trust::Until(until)) if until < now => {
                Some((format!("its caBundle ended on {until:.0}"), CERTIFICATE.to_owned()))
            }
            (Ok(_), Trust::Until(_)) => None,
        };
        match trouble {
            None => answered += 1,
            Some((trouble, act)) => {
                let seen = format!("{trouble}, and a failure refuses requests about {}", webhook.resources);
                judged.push(Finding::error(WEBHOOK_BLOCKS, seen, act).about(&*webhook.name));
            }
        }
    }
    judged.saw(match webhooks.len() {
        0 => "no webhook refuses requests by its failure".to_owned(),
        all => format!("{answered} of {all} webhooks that must be answered have a ready endpoint and a caBundle"),
    });
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use fluxlift_kube::Object;
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::{Severity, Unread};

    fn configuration(policy: Value) -> Vec<Webhook> {
        Webhook::all_of(&Object::new(json!({"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "policy"},
            "webhooks": [{"name": "policy.example.org", "failurePolicy": policy,
                "clientConfig": {"service": {"namespace": "policy", "name": "webhook"}},
                "rules": [{"resources": ["pods"]}, {"resources": ["deployments"]}]}]})))
    }

    fn slice(conditions: Value) -> Object {
        Object::new(json!({"endpoints": [{"addresses": ["10.0.0.1"], "conditions": conditions}]}))
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn judged(slices: &[Object]) -> Judged {
        let mut webhooks = configuration(Value::Null);
        webhooks[0].ready = Ok(Webhook::count(slices.iter()));
        webhooks[0].trust = Trust::Until(NOW);
        judge(&Ok(webhooks), NOW).unwrap()
    }

    fn trusted(trust: Trust) -> Judged {
        let mut webhooks = configuration(Value::Null);
        (webhooks[0].ready, webhooks[0].trust) = (Ok(1), trust);
        judge(&Ok(webhooks), NOW).unwrap()
    }

    #[test]
    fn a_webhook_with_an_endpoint_is_fine_and_one_that_may_fail_is_no_matter() {
        assert!(judged(&[slice(json!({"ready": true}))]).findings.is_empty());
        assert!(judged(&[slice(json!({}))]).findings.is_empty());
        assert!(configuration(json!("Ignore")).is_empty());
    }

    #[test]
    fn an_endpoint_that_is_listed_and_not_ready_answers_nobody() {
        let found = judged(&[slice(json!({"ready": false, "serving": false}))]).findings;
        assert_eq!((found[0].id, found[0].severity), ("webhook-blocks", Severity::Error));
        assert!(found[0].seen.ends_with("about deployments, pods"), "{}", found[0].seen);
        assert_eq!(judged(&[]).findings[0].id, "webhook-blocks");
    }

    #[test]
    fn endpoints_that_may_not_be_read_are_not_known() {
        let mut webhooks = configuration(Value::Null);
        webhooks[0].ready = Err(Unread::because("forbidden"));
        assert_eq!(judge(&Ok(webhooks), NOW).unwrap().findings[0].severity, Severity::Unknown);
    }

    #[test]
    fn a_ready_endpoint_is_no_use_where_its_certificate_cannot_be_verified() {
        let ended = Trust::Until(NOW - jiff::SignedDuration::from_secs(1));
        for (trust, seen) in
            [(Trust::Machine, "no caBundle"), (Trust::Unreadable, "no certificate"), (ended, "ended on")]
        {
            let found = trusted(trust).findings;
            assert_eq!(found[0].id, "webhook-blocks");
            assert!(found[0].seen.contains(seen), "{}", found[0].seen);
        }
        assert_eq!(configuration(Value::Null)[0].trust, Trust::Machine);
    }

    #[test]
    fn one_outside_the_cluster_is_not_known() {
        let outside = json!({"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "policy"}, "webhooks": [
            {"name": "policy.example.org", "clientConfig": {"url": "https://policy.example.org/"}}]});
        let judged = judge(&Ok(Webhook::all_of(&Object::new(outside))), NOW).unwrap();
        assert_eq!(judged.findings[0].severity, Severity::Unknown);
    }
}
