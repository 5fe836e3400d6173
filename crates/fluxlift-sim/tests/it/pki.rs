//! The fixed test keys of the simulated Proxmox API.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluxlift_core::Timestamp;
use fluxlift_core::clock::FixedClock;
use fluxlift_net::{Authority, Dial, TlsClient, TlsTrust};
use fluxlift_sim::{Datacenter, Net, Options, World};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pki")
}

fn authority() -> String {
    std::fs::read_to_string(folder().join("pve-root-ca.pem")).unwrap()
}

#[test]
fn the_reference_tree_names_the_authority_of_the_simulated_cluster() {
    let tree = folder().join("../../../terraform/infra/live/common/pve-root-ca.pem");
    assert_eq!(std::fs::read_to_string(tree).unwrap(), authority());
}

#[tokio::test(start_paused = true)]
async fn the_api_is_believed_by_its_authority_for_decades_and_by_nobody_else() {
    for moment in ["2024-01-01T00:00:00Z", "2090-01-01T00:00:00Z"] {
        let clock = Arc::new(FixedClock(moment.parse::<Timestamp>().unwrap()));
        let datacenter = Datacenter::new(World::new(Options::default(), clock.0), clock.clone());
        let to = Authority::new("127.101.0.2", 8006);
        let net = Net::new(datacenter);
        let trusting = TlsClient::new(&TlsTrust::Authorities(authority()), clock.clone()).unwrap();
        trusting.handshake(&to, net.dial(&to).await.unwrap()).await.unwrap();
        let doubtful = TlsClient::new(&TlsTrust::PublicKey([0; 32]), clock).unwrap();
        assert!(doubtful.handshake(&to, net.dial(&to).await.unwrap()).await.is_err());
    }
}

/// Makes new keys. Run by hand: `cargo test -p fluxlift-sim-tests --test it pki -- --ignored`.
#[test]
#[ignore = "writes new test keys into the repository"]
fn make_new_keys() {
    let named = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "fluxlift simulated datacenter, test keys");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2120, 1, 1);
        params
    };
    let root_key = KeyPair::generate().unwrap();
    let mut root = named("Proxmox Virtual Environment (simulated)");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let root_certificate = root.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(root, &root_key);
    let key = KeyPair::generate().unwrap();
    let mut server = named("pve01.simulated");
    let names = ["127.101.0.2", "127.0.0.1", "::1", "localhost", "pve01", "pve02", "pve03"].map(str::to_owned);
    server.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &issuer).unwrap();
    let note = "TEST KEY of the simulated datacenter. It is public and protects nothing.\n";
    let write = |name: &str, text: String| std::fs::write(folder().join(name), text).unwrap();
    write("pve-root-ca.pem", root_certificate.pem());
    write("pve-root-ca.key", format!("{note}{}", root_key.serialize_pem()));
    write("pve-ssl.pem", certificate.pem());
    write("pve-ssl.key", format!("{note}{}", key.serialize_pem()));
}
