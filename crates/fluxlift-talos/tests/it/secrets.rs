use fluxlift_core::{Secret, Timestamp};
use fluxlift_talos::config::Contract;
use fluxlift_talos::pki::{self, PkiError};
use fluxlift_talos::secrets::SecretsError;
use fluxlift_talos::{SecretsBundle, TalosConfig};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use x509_parser::prelude::*;

use crate::{bundle, testdata};

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

#[test]
fn a_bundle_of_talosctl_reads_and_writes_back_byte_for_byte() {
    let text = testdata("secrets.yaml");
    let (_comment, body) = text.split_once('\n').unwrap();
    assert_eq!(bundle().to_yaml().expose(), body);
}

#[test]
fn the_shape_of_the_terraform_provider_is_the_same_bundle() {
    let json = bundle().to_terraform().to_string();
    assert_eq!(json.parse::<SecretsBundle>().unwrap(), bundle());
}

#[test]
fn a_key_of_another_authority_is_noticed() {
    let mut wrong = bundle();
    wrong.certs.etcd.key = wrong.certs.k8s.key.clone();
    assert!(matches!(wrong.check(), Err(SecretsError::Mismatch { what: "etcd" })));
}

#[test]
fn a_bundle_without_a_field_says_which() {
    let text = testdata("secrets.yaml").replace("trustdinfo:", "trustd:");
    let error = text.parse::<SecretsBundle>().unwrap_err();
    assert!(matches!(error, SecretsError::Missing { field: "trustdinfo.token" }), "{error}");
    let text = testdata("secrets.yaml").replace("bootstraptoken: ", "bootstraptoken: x");
    let error = text.parse::<SecretsBundle>().unwrap_err();
    assert!(matches!(error, SecretsError::Form { field: "secrets.bootstraptoken", .. }), "{error}");
}

#[test]
fn a_service_account_key_under_the_wrong_header_is_refused() {
    let mut wrong = bundle();
    let pem = wrong.certs.k8s_service_account.expose().replace("RSA PRIVATE KEY", "EC PRIVATE KEY");
    wrong.certs.k8s_service_account = Secret::new(pem);
    let error = wrong.check().unwrap_err();
    assert!(matches!(error, SecretsError::Pki(PkiError::Content { what: "service account key" })), "{error:?}");
}

/// The one test that makes an RSA-4096 key.
#[tokio::test(start_paused = true)]
async fn a_drawn_bundle_has_the_types_that_talos_wants() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let drawn = SecretsBundle::draw(Contract::V1_12, now(), &mut rng).await.unwrap();
    drawn.check().unwrap();
    assert_eq!(drawn.to_yaml().expose().parse::<SecretsBundle>().unwrap(), drawn);

    let account = ::pem::parse(drawn.certs.k8s_service_account.expose()).unwrap();
    assert_eq!(account.tag(), "RSA PRIVATE KEY");
    assert!((2340..2360).contains(&account.contents().len()), "{} bytes are no RSA-4096 key", account.contents().len());

    let certs = &drawn.certs;
    let expected = [
        (&certs.os, "O=talos", "1.3.101.112"),
        (&certs.etcd, "O=etcd", "1.2.840.10045.4.3.2"),
        (&certs.k8s, "O=kubernetes", "1.2.840.10045.4.3.2"),
        (&certs.k8s_aggregator, "", "1.2.840.10045.4.3.2"),
    ];
    for (pair, subject, signature) in expected {
        let der = pki::certificate_der(&pair.crt, "certificate").unwrap();
        let (_, certificate) = parse_x509_certificate(&der).unwrap();
        assert_eq!(certificate.subject().to_string(), subject);
        assert_eq!(certificate.signature_algorithm.algorithm.to_string(), signature);
        assert!(certificate.is_ca());
        let usage = certificate.key_usage().unwrap().unwrap();
        assert!(usage.critical && usage.value.digital_signature() && usage.value.key_cert_sign());
        assert!(!usage.value.crl_sign());
        let extended = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(extended.server_auth && extended.client_auth);
        let (from, until) = pki::lifetime(&pair.crt, "certificate").unwrap();
        assert_eq!(from, now());
        assert_eq!(until.duration_since(from).as_hours(), 87_600);
        certificate.verify_signature(None).unwrap();
    }
}

#[test]
fn an_administrators_certificate_is_for_clients_only_and_lives_a_year() {
    let bundle = bundle();
    let identity = bundle.admin(now(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    let der = pki::certificate_der(&identity.pair.crt, "certificate").unwrap();
    let (_, certificate) = parse_x509_certificate(&der).unwrap();
    assert_eq!(certificate.subject().to_string(), "O=os:admin");
    let extended = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(extended.client_auth && !extended.server_auth && extended.other.is_empty());
    let usage = certificate.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && usage.flags == 1);
    let (from, until) = pki::lifetime(&identity.pair.crt, "certificate").unwrap();
    assert_eq!((from, until.duration_since(from).as_hours()), (now(), 8760));
    let authority = pki::certificate_der(&bundle.certs.os.crt, "certificate").unwrap();
    let (_, authority) = parse_x509_certificate(&authority).unwrap();
    certificate.verify_signature(Some(authority.public_key())).unwrap();
}

#[test]
fn a_talosconfig_reads_back_as_it_was_written() {
    let identity = bundle().admin(now(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    let config = TalosConfig {
        context: "sol".to_owned(),
        endpoints: vec!["127.101.0.11".to_owned(), "127.101.0.12".to_owned()],
        nodes: vec![],
        identity,
    };
    let text = config.to_yaml();
    assert!(
        text.expose()
            .starts_with("context: sol\ncontexts:\n    sol:\n        endpoints:\n            - 127.101.0.11\n")
    );
    assert_eq!(text.expose().parse::<TalosConfig>().unwrap(), config);
}

#[test]
fn nothing_secret_shows_in_debug_output() {
    let text = format!("{:?}", bundle());
    assert!(!text.contains("PRIVATE KEY") && !text.contains(bundle().bootstrap_token.expose()), "{text}");
}
