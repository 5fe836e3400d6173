//! The programs, and how they are known.

use fluxlift_sim::controllers::Program;

#[test]
fn a_program_is_known_by_the_last_part_of_its_image() {
    assert_eq!(Program::of_image("ghcr.io/fluxcd/helm-controller:v1.6.3"), Some(Program::HelmController));
    assert_eq!(Program::of_image("127.0.0.1:5000/flux-operator@sha256:0"), Some(Program::FluxOperator));
    assert_eq!(Program::of_image("nginx"), None);
}
