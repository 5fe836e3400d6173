//! `preflight` of the real program against a served datacenter: each check refuses what an apply would fail on, and none
//! changes a byte of the tree or anything in the datacenter.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift::demo::{LIVE, world};
use fluxlift_config::sops::{self, Format, Identities};
use fluxlift_sim::machine::Power;
use fluxlift_sim::proxmox::guest::Guest;
use fluxlift_sim::registry::REPOSITORY;
use fluxlift_sim::{Options, World};
use fluxlift_talos::SecretsBundle;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::converged::{converged, made};
use crate::errors::{ANOTHER_KEY, expired};
use crate::folder::Folder;
use crate::served::{Served, now};
use crate::tree::{Ran, Tree, run_with};

const COMMON: &str = "terraform/infra/live/common";

/// A tree and the datacenter that it is about.
struct Site {
    tree: Tree,
    served: Served,
}

/// What is refused: by unit and check, in the program's words.
type Refused = BTreeMap<(String, String), String>;

impl Site {
    /// Nothing was made yet.
    fn bare() -> Self {
        Self::of((Tree::reference(), world(Options::default(), "2.9.4", now())))
    }

    /// The whole cluster is there.
    fn converged() -> Self {
        Self::of(converged())
    }

    fn of((tree, world): (Tree, World)) -> Self {
        Self { tree, served: Served::start(world) }
    }

    fn edit_unit(&self, unit: &str, from: &str, to: &str) {
        self.tree.edit(&format!("{LIVE}/{unit}/terragrunt.hcl"), from, to);
    }

    /// Runs preflight. Looking is all that it does.
    fn preflight(&self, vars: &[(&str, &str)]) -> Ran {
        let look = || (Folder::read(self.tree.path()), self.served.with(|world| made(world)));
        let (files, there) = look();
        let ran = run_with(self.tree.path(), &format!("preflight -o json --working-dir {LIVE}"), vars);
        let (files_now, there_now) = look();
        assert_eq!((files_now.unlike(&files), files.unlike(&files_now)), (vec![], vec![]));
        assert_eq!(there_now, there);
        ran
    }

    /// Every check with whether it passed and what it says.
    fn checks(&self, vars: &[(&str, &str)]) -> Vec<(String, String, bool, String)> {
        let ran = self.preflight(vars);
        let document = ran.json();
        let text = |check: &serde_json::Value, key: &str| check[key].as_str().unwrap().to_owned();
        let checks = document["checks"].as_array().unwrap().iter().map(|check| {
            (text(check, "unit"), text(check, "check"), check["passed"].as_bool().unwrap(), text(check, "seen"))
        });
        let checks: Vec<_> = checks.collect();
        let passed = checks.iter().all(|(_, _, passed, _)| *passed);
        assert_eq!((document["passed"].as_bool(), ran.code), (Some(passed), i32::from(!passed)), "{}", ran.err);
        checks
    }

    fn refused_with(&self, vars: &[(&str, &str)]) -> Refused {
        let refused = self.checks(vars).into_iter().filter(|(_, _, passed, _)| !passed);
        refused.map(|(unit, check, _, seen)| ((unit, check), seen)).collect()
    }

    fn refused(&self) -> Refused {
        self.refused_with(&[])
    }

    /// What the one check says that refuses.
    fn refused_by(&self, unit: &str, check: &str) -> String {
        let mut refused = self.refused();
        assert_eq!(names(&refused), [format!("{unit}: {check}")], "{refused:#?}");
        refused.pop_first().unwrap().1
    }
}

fn names(refused: &Refused) -> Vec<String> {
    refused.keys().map(|(unit, check)| format!("{unit}: {check}")).collect()
}

#[test]
fn a_bare_datacenter_is_looked_at_and_found_fit() {
    let checks = Site::bare().checks(&[]);
    let lines: Vec<String> =
        checks.iter().map(|(unit, check, passed, _)| format!("{passed} {unit}: {check}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_cluster_that_has_converged_passes_every_check_of_its_seven_units() {
    let site = Site::converged();
    assert_eq!(site.refused(), Refused::new());
    let units: BTreeSet<String> = site.checks(&[]).into_iter().map(|(unit, ..)| unit).collect();
    assert_eq!(units.len(), 7);
}

#[test]
fn a_token_that_proxmox_does_not_know_is_refused_without_its_secret() {
    let site = Site::bare();
    site.edit_unit("compute", "local.secrets.proxmox_api_token", "\"root@pam!fluxlift=hunter2\"");
    let seen = site.refused_by("compute", "Proxmox credentials");
    assert!(seen.starts_with("Proxmox does not know the token root@pam!fluxlift"), "{seen}");
    assert!(!seen.contains("hunter2"));
}

#[test]
fn an_age_key_that_does_not_open_the_credentials_is_refused_before_anything_else_is_looked_at() {
    let site = Site::bare();
    std::fs::write(site.tree.path().join(COMMON).join("test-age.key"), ANOTHER_KEY).unwrap();
    let ran = site.preflight(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("secrets.sops.yaml") && !ran.err.contains("AGE-SECRET-KEY"), "{}", ran.err);
}

#[test]
fn an_age_key_that_does_not_open_the_repositorys_secrets_is_refused_with_the_file() {
    let site = Site::bare();
    let theirs = Identities::parse("another key", ANOTHER_KEY).unwrap().recipients();
    let text = sops::encrypt("a: hunter2\n", Format::Yaml, &theirs, now(), &mut rand::thread_rng()).unwrap();
    let folder = site.tree.path().join("kubernetes/clusters/cluster-101");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("theirs.sops.yaml"), text).unwrap();
    let seen = site.refused_by("flux-instance", "age key opens the repository's secrets");
    assert!(seen.contains(" does not open ") && seen.contains("theirs.sops.yaml"), "{seen}");
}

#[test]
fn a_branch_that_is_not_there_is_refused() {
    let site = Site::bare();
    site.edit_unit("flux-instance", "= local.gitops.flux_git_branch\n", "= \"develop\"\n");
    let seen = site.refused_by("flux-instance", "Git develop has kubernetes/clusters/cluster-101");
    assert!(seen.contains("develop"), "{seen}");
}

#[test]
fn a_folder_that_the_branch_does_not_have_is_refused() {
    let site = Site::bare();
    site.edit_unit("flux-instance", "= local.cluster.git_path\n", "= \"kubernetes/clusters/cluster-7\"\n");
    let seen = site.refused_by("flux-instance", "Git main has kubernetes/clusters/cluster-7");
    assert!(seen.contains("push the folder or change git_path"), "{seen}");
}

#[test]
fn a_chart_that_is_not_the_pinned_one_is_refused_with_both_digests() {
    let site = Site::bare();
    let pin = format!("sha256:{}", "5eed".repeat(16));
    site.edit_unit(
        "flux-operator",
        "inputs = {\n",
        &format!("inputs = {{\n  flux_operator_chart_digest = \"{pin}\"\n"),
    );
    let there = site.served.with(|world| world.registry.digest_of(REPOSITORY, "0.58.1").unwrap().to_owned());
    let seen = site.refused_by("flux-operator", "chart flux-operator");
    assert!(seen.contains(&pin) && seen.contains(&there), "{seen}");
}

#[test]
fn an_address_at_which_somebody_answers_already_is_refused_with_the_machine_that_wants_it() {
    let site = Site::bare();
    let _somebody = TcpListener::bind("127.101.0.11:50000").unwrap();
    assert_eq!(site.refused_by("compute", "addresses free"), "somebody answers at 127.101.0.11 (solcp01)");
}

#[test]
fn a_machine_number_that_is_somebody_elses_is_refused_with_its_owner() {
    let site = Site::bare();
    site.served.with(|world| {
        let config = [("name".to_owned(), "nas".to_owned())].into();
        let (host, pending) = ("pve02".to_owned(), BTreeMap::new());
        world.proxmox.guests.insert(101_011, Guest { host, config, pending, running: false, lock: None, image: None });
    });
    let seen = site.refused_by("compute", "machine numbers");
    assert!(seen.starts_with(r#"solcp01 wants 101011, which is vm 101011 "nas" on pve02"#), "{seen}");
}

#[test]
fn a_host_that_is_down_is_refused_with_what_would_lie_on_it() {
    let site = Site::bare();
    site.served.with(|world| world.proxmox.hosts.insert("pve03".to_owned(), false));
    let refused = site.refused();
    let expected = ["compute: Proxmox hosts", "compute: Talos image on pve03", "compute: storage local-lvm on pve03"];
    assert_eq!(names(&refused), expected);
    assert_eq!(refused[&("compute".to_owned(), "Proxmox hosts".to_owned())], "pve03 is offline");
}

#[test]
fn a_storage_that_is_not_there_is_refused_on_each_host() {
    let site = Site::bare();
    site.tree.edit(&format!("{COMMON}/proxmox-infrastructure.hcl"), "\"local-lvm\"", "\"nfs\"");
    let refused = site.refused();
    assert_eq!(names(&refused), [1, 2, 3].map(|n| format!("compute: storage nfs on pve0{n}")));
    assert!(refused.values().all(|seen| seen.contains("No such storage")), "{refused:#?}");
}

#[test]
fn an_image_that_is_not_there_is_refused_on_each_host() {
    let refused = Site::bare().refused_with(&[("TALOS_IMAGE_FILE_ID", "local:import/none.raw")]);
    assert_eq!(names(&refused), [1, 2, 3].map(|n| format!("compute: Talos image on pve0{n}")));
    assert!(refused.values().all(|seen| seen.starts_with("local:import/none.raw is missing")), "{refused:#?}");
}

#[test]
fn a_device_that_only_root_itself_may_give_is_refused() {
    let site = Site::bare();
    let raw = "overrides = { solwk01 = { pci = [{ address = \"0000:00:02.1\" }] } }";
    site.tree.edit(&format!("{COMMON}/proxmox-infrastructure.hcl"), "overrides = {}", raw);
    let seen = site.refused_by("compute", "PCI devices");
    assert!(seen.starts_with("solwk01 is given the PCI device 0000:00:02.1 by its raw address"), "{seen}");
}

#[test]
fn a_version_of_talos_that_nothing_can_be_generated_for_is_refused() {
    let site = Site::bare();
    site.tree.edit(&format!("{COMMON}/versions.hcl"), "\"v1.12.0\"", "\"v1.14.0\"");
    let seen = site.refused_by("secrets", "inputs");
    assert_eq!(seen, "machine configurations for Talos 1.14 are not supported yet");
}

#[test]
fn machine_configurations_that_contradict_themselves_are_refused() {
    let site = Site::converged();
    site.edit_unit("config", "strcontains(name, \"cp\")", "strcontains(name, \"none\")");
    let seen = site.refused_by("config", "machine configurations");
    assert!(seen.contains("a cluster needs a control plane"), "{seen}");
}

#[test]
fn machines_of_another_cluster_are_refused_one_by_one() {
    let site = Site::converged();
    let bundle: SecretsBundle = include_str!("../../../fluxlift-talos/testdata/secrets.yaml").parse().unwrap();
    let stranger = bundle.admin(now(), &mut ChaCha20Rng::seed_from_u64(5)).unwrap();
    let parts = [
        ("ca_certificate", &stranger.ca),
        ("client_certificate", &stranger.pair.crt),
        ("client_key", stranger.pair.key.expose()),
    ];
    let parts = parts.map(|(name, pem)| format!("{name} = \"{}\"", STANDARD.encode(pem))).join(", ");
    site.edit_unit("apply", "= dependency.config.outputs.client_configuration\n", &format!("= {{ {parts} }}\n"));
    let refused = site.refused();
    let nodes = ["solcp01", "solcp02", "solcp03", "solwk01", "solwk02", "solwk03"];
    assert_eq!(names(&refused), nodes.map(|node| format!("apply: Talos on {node}")));
    assert!(refused.values().all(|seen| seen.starts_with("configured by somebody else")), "{refused:#?}");
}

#[test]
fn an_etcd_that_cannot_be_asked_everywhere_is_refused() {
    let site = Site::converged();
    site.served.with(|world| world.power(Power::Off { vmid: 101_013 }));
    let seen = site.refused_by("bootstrap", "etcd");
    assert!(seen.starts_with("etcd on solcp03 cannot be asked"), "{seen}");
}

#[test]
fn a_kubeconfig_that_has_expired_is_refused_with_its_date() {
    let site = Site::converged();
    let file = |name: &str| site.tree.path().join(".kube").join(name);
    let ours = std::fs::read_to_string(file("sol.yaml")).unwrap();
    std::fs::write(file("old.yaml"), expired(&ours)).unwrap();
    site.edit_unit("flux-operator", "= dependency.bootstrap.outputs.kubeconfig\n", "= \"\"\n");
    site.edit_unit("flux-operator", "dependency.bootstrap.outputs.kubeconfig_path", "\".kube/old.yaml\"");
    let seen = site.refused_by("flux-operator", "Kubernetes API");
    assert!(seen.contains("expired on 2025-03-01T00:00:00Z"), "{seen}");
}
