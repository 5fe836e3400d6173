//! The reference content without what stands on its infrastructure, for tests that are not about what is delivered. The tests
//! of the program read it by this very file.

/// The releases of the infrastructure.
pub(crate) const RELEASES: usize = 13;

const ROOT: &str = "kubernetes/clusters/cluster-101/kustomization.yaml";

/// The same files, of which the root brings the sources and the infrastructure alone.
pub(crate) fn alone(files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let kept = |line: &&str| !line.contains("platform.yaml") && !line.contains("apps.yaml");
    let cut = |text: Vec<u8>| {
        let text = String::from_utf8(text).unwrap();
        text.lines().filter(kept).map(|line| format!("{line}\n")).collect::<String>().into_bytes()
    };
    files.into_iter().map(|(path, text)| if path == ROOT { (path, cut(text)) } else { (path, text) }).collect()
}
