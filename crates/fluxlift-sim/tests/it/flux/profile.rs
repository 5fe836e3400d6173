//! Releases of Flux, and what tells them apart.

use fluxlift_sim::flux::{Distribution, Profile};

#[test]
fn a_version_or_a_range_picks_the_newest_release_that_fits() {
    let version = |wanted| Distribution::find(wanted).map(Distribution::version);
    assert_eq!(version("2.4.0"), Some("2.4.0"));
    assert_eq!(version("v2.9.4"), Some("2.9.4"));
    assert_eq!(version("2.x"), Some("2.9.4"));
    assert_eq!(version("2.6.x"), Some("2.6.4"));
    assert_eq!(version("2.9.99"), None);
    assert_eq!(version("3.x"), None);
}

#[test]
fn a_controller_knows_its_age_from_its_image() {
    let old = Profile::of_image("helm-controller", "ghcr.io/fluxcd/helm-controller:v1.1.0");
    assert!(!old.requeues_when_source_is_not_ready());
    let new = Profile::of_image("helm-controller", "ghcr.io/fluxcd/helm-controller:v1.6.3");
    assert_eq!(new, Profile::NEWEST);
    assert!(new.requeues_when_source_is_not_ready());
    let minor = |name: &str, tag: &str| Profile::of_image(name, &format!("ghcr.io/fluxcd/{name}:{tag}")).minor;
    assert_eq!((minor("image-reflector-controller", "v0.33.0"), minor("image-reflector-controller", "v1.2.4")), (4, 9));
    assert_eq!(
        (minor("image-automation-controller", "v0.41.2"), minor("image-automation-controller", "v1.0.4")),
        (6, 7)
    );
}
