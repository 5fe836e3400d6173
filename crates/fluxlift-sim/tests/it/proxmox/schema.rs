//! Which parameters are taken, and from whom.

use fluxlift_sim::proxmox::auth::Caller;
use fluxlift_sim::proxmox::reply::Refusal;
use fluxlift_sim::proxmox::schema;

fn check(caller: Caller, key: &str, value: &str) -> Result<(), Refusal> {
    schema::check(caller, &[(key.to_owned(), value.to_owned())].into(), &["vmid"])
}

#[test]
fn wrong_parameters_are_named_and_unknown_ones_refused() {
    assert!(check(Caller::Token, "cores", "four").unwrap_err().errors["cores"].contains("integer"));
    assert!(check(Caller::Token, "colour", "red").unwrap_err().errors["colour"].contains("not defined in schema"));
    assert!(check(Caller::Token, "net0", "bridge=vmbr0").unwrap_err().errors["net0"].contains("model"));
    assert!(check(Caller::Token, "net0", "virtio,bridge=vmbr0").is_ok());
    assert!(check(Caller::Token, "vmid", "whatever").is_ok());
}

#[test]
fn a_token_of_root_is_not_root() {
    assert_eq!(check(Caller::Token, "hostpci0", "0000:00:02.1,pcie=1").unwrap_err().status, 403);
    assert!(check(Caller::Token, "hostpci0", "mapping=igpu,pcie=1").is_ok());
    assert!(check(Caller::Root, "hostpci0", "0000:00:02.1,pcie=1").is_ok());
    assert_eq!(check(Caller::Token, "args", "-cpu host").unwrap_err().status, 403);
}
