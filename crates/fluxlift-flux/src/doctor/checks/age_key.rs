//! The age key is in the cluster, and it is the one that the repository is encrypted for.

use std::collections::BTreeMap;

use crate::doctor::ids::{AGE_KEY_MISMATCH, AGE_KEY_MISSING};
use crate::doctor::{AgeKey, Encrypted, Finding, Judged, Read, Recipients};

/// How many files are named.
const MOST: usize = 3;
const ENCRYPT: &str = "encrypt for the cluster's key as well: add it to `.sops.yaml`, then `sops updatekeys` for each file; or \
                       put the key that the files are for into the cluster";

pub(super) fn judge(keys: &Read<Vec<AgeKey>>, recipients: Option<&Read<Recipients>>) -> Read<Judged> {
    let keys = keys.as_ref()?;
    if keys.is_empty() {
        return Ok(Judged::absent("no Kustomization decrypts with a Secret"));
    }
    let (mut judged, mut known) = (Judged::default(), Known::new());
    let mut unread = false;
    for key in keys {
        let AgeKey { namespace, name, for_whom, public, others } = key;
        let title = format!("secret/{namespace}/{name}");
        match public {
            Ok(Some(public)) if !public.is_empty() => {
                judged.saw(format!("{title} has {}", public.join(", ")));
                known.insert((namespace, name), public);
            }
            Ok(Some(_)) if !others.is_empty() => {
                judged.saw(format!("{title} has no age key, and decrypts by {}", others.join(", ")));
            }
            Ok(found) => {
                let lack = if found.is_some() { "has no age key in it" } else { "does not exist" };
                let seen = format!("{title}, which {for_whom} decrypts with, {lack}");
                let make = format!(
                    "put the key there: `kubectl create secret generic {name} -n {namespace} --from-file=age.agekey=<file>`, \
                     or give `sops_age_key` to the flux-instance unit"
                );
                judged.push(Finding::error(AGE_KEY_MISSING, seen, make).about(title));
            }
            Err(why) => {
                unread = true;
                judged.not_known(format!("the public key of {title}: {why}"));
            }
        }
    }
    match recipients {
        None => judged.saw("not compared with a repository: none is at hand (`--working-dir`)"),
        Some(Err(why)) => judged.not_known(format!("for whom the repository is encrypted: {why}")),
        Some(Ok(_)) if known.is_empty() => {}
        Some(Ok(Recipients { rules, files })) => {
            // A key that could not be read may be the one that the rules are for.
            if let Some((path, recipients)) = rules.as_ref().filter(|_| !unread) {
                compare_rules(&mut judged, &known, path, recipients);
            }
            compare_files(&mut judged, &known, files);
        }
    }
    Ok(judged)
}

/// The public keys in each Secret that has some, by its namespace and name.
type Known<'a> = BTreeMap<(&'a String, &'a String), &'a Vec<String>>;

fn compare_rules(judged: &mut Judged, known: &Known<'_>, path: &str, recipients: &[String]) {
    let all: Vec<&str> = known.values().flat_map(|keys| keys.iter()).map(String::as_str).collect();
    if recipients.is_empty() {
        judged.saw(format!("{path} has no rule for age"));
    } else if recipients.iter().any(|one| all.contains(&one.as_str())) {
        judged.saw(format!("{path} encrypts for it"));
    } else {
        let seen = format!("{path} encrypts for {}, and the cluster has {}", recipients.join(", "), all.join(", "));
        judged.push(Finding::error(AGE_KEY_MISMATCH, seen, ENCRYPT).about(path));
    }
}

fn compare_files(judged: &mut Judged, known: &Known<'_>, files: &[Encrypted]) {
    let (mut compared, mut closed) = (0, Vec::new());
    for file in files {
        let secrets = file.opened_by.iter().map(|(namespace, name)| known.get(&(namespace, name)));
        // One that could not be read, or that has other keys than age's, may be the one.
        let Some(keys) = secrets.collect::<Option<Vec<_>>>().filter(|keys| !keys.is_empty()) else { continue };
        compared += 1;
        if !file.recipients.iter().any(|one| keys.iter().any(|keys| keys.contains(one))) {
            closed.push(file.path.as_str());
        }
    }
    if compared == 0 {
        judged.saw("no encrypted file below a path that is decrypted with it is at hand");
    } else if closed.is_empty() {
        judged.saw(format!("it opens all {compared} encrypted files below the paths that are decrypted with it"));
    } else {
        let more = closed.len().saturating_sub(MOST);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let named = closed.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
        let seen = format!(
            "{} of {compared} encrypted files are not for the key that decrypts them in the cluster: {named}{more}",
            closed.len()
        );
        judged.push(Finding::error(AGE_KEY_MISMATCH, seen, ENCRYPT));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Severity, Unread};

    fn named(name: &str, public: Read<Option<Vec<String>>>) -> AgeKey {
        let for_whom = "kustomization/flux-system/flux-system".to_owned();
        AgeKey { namespace: "flux-system".into(), name: name.into(), for_whom, public, others: Vec::new() }
    }

    fn key(public: Read<Option<Vec<String>>>) -> Vec<AgeKey> {
        vec![named("sops-age", public)]
    }

    fn ours() -> Vec<AgeKey> {
        key(Ok(Some(vec!["age1ours".into()])))
    }

    fn repository(rule: &str, file: &str) -> Read<Recipients> {
        Ok(Recipients {
            rules: Some((".sops.yaml".into(), vec![rule.into()])),
            files: vec![Encrypted {
                path: "a.sops.yaml".into(),
                recipients: vec![file.into(), "age1spare".into()],
                opened_by: vec![("flux-system".into(), "sops-age".into())],
            }],
        })
    }

    #[test]
    fn a_key_of_another_kustomization_does_not_stand_in_for_the_one_that_decrypts() {
        let keys = vec![
            named("sops-age", Ok(Some(vec!["age1ours".into()]))),
            named("apps", Ok(Some(vec!["age1apps".into()]))),
        ];
        let found = judge(&Ok(keys), Some(&repository("age1ours", "age1apps"))).unwrap().findings;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].seen.starts_with("1 of 1 encrypted files"), "{}", found[0].seen);
    }

    #[test]
    fn a_secret_for_pgp_or_a_key_service_lacks_no_age_key() {
        let mut keys = key(Ok(Some(Vec::new())));
        keys[0].others = vec!["sops.asc".into()];
        let judged = judge(&Ok(keys), Some(&repository("age1other", "age1other"))).unwrap();
        assert!(judged.findings.is_empty(), "{judged:?}");
        assert_eq!(judged.seen, ["secret/flux-system/sops-age has no age key, and decrypts by sops.asc"]);
    }

    #[test]
    fn the_key_that_the_repository_is_encrypted_for_is_fine() {
        let judged = judge(&Ok(ours()), Some(&repository("age1ours", "age1ours"))).unwrap();
        assert!(judged.findings.is_empty(), "{judged:?}");
        assert!(judge(&Ok(ours()), None).unwrap().seen[1].contains("not compared"));
        assert!(judge(&Ok(Vec::new()), None).unwrap().absent.is_some());
    }

    #[test]
    fn a_secret_that_is_there_and_empty_is_as_good_as_none() {
        for public in [None, Some(Vec::new())] {
            assert_eq!(judge(&Ok(key(Ok(public))), None).unwrap().findings[0].id, "age-key-missing");
        }
    }

    #[test]
    fn a_key_that_is_there_and_opens_nothing_is_a_mismatch_in_the_rules_and_in_the_files() {
        let rule = judge(&Ok(ours()), Some(&repository("age1other", "age1ours"))).unwrap();
        assert_eq!(rule.findings[0].object.as_deref(), Some(".sops.yaml"));
        let file = judge(&Ok(ours()), Some(&repository("age1ours", "age1other"))).unwrap();
        assert_eq!(file.findings[0].id, "age-key-mismatch");
        assert!(file.findings[0].seen.ends_with("a.sops.yaml"));
    }

    #[test]
    fn a_secret_that_may_not_be_read_is_not_known_and_no_mismatch() {
        let judged = judge(&Ok(key(Err(Unread::because("forbidden")))), Some(&repository("x", "y"))).unwrap();
        assert_eq!(judged.findings.iter().map(|it| it.severity).collect::<Vec<_>>(), [Severity::Unknown]);
    }
}
