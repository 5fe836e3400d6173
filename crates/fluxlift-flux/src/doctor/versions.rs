//! Which versions fit together, as data, each with its source.

use std::fmt;

/// A version: major, minor, patch. What comes behind (`-rc.1`, `@sha256:…`) does not matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// Reads `v1.36.3`, `2.9.4@sha256:…` or `1.32`. Ranges such as `2.x` are none.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let mut parts = text[..end].split('.').map(str::parse);
        let mut next = || parts.next().and_then(Result::ok);
        Some(Self(next()?, next()?, next().unwrap_or(0)))
    }

    /// Major and minor.
    pub const fn minor(self) -> (u32, u32) {
        (self.0, self.1)
    }

    /// Major, minor and patch.
    pub const fn parts(self) -> (u32, u32, u32) {
        (self.0, self.1, self.2)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// With which Kubernetes a Flux was tested.
#[derive(Debug)]
pub struct Tested {
    /// The minor version of Flux.
    pub flux: (u32, u32),
    /// The oldest Kubernetes.
    pub from: (u32, u32),
    /// The newest one.
    pub to: (u32, u32),
    /// Who says so.
    pub source: &'static str,
}

const fn tested(flux: u32, from: u32, to: u32, source: &'static str) -> Tested {
    Tested { flux: (2, flux), from: (1, from), to: (1, to), source }
}

/// The published ranges. Where the maintainers' own (three versions) and their enterprise build's (more) differ, the
/// wider one counts: the code is the same.
pub const KUBERNETES: &[Tested] = &[
    tested(3, 25, 30, "https://fluxcd.control-plane.io/releases/release-v2.3"),
    tested(4, 26, 32, "https://fluxcd.control-plane.io/releases/release-v2.4"),
    tested(5, 27, 33, "https://fluxcd.control-plane.io/releases/release-v2.5"),
    tested(6, 27, 33, "https://fluxcd.control-plane.io/releases/release-v2.6"),
    tested(7, 29, 35, "https://fluxcd.control-plane.io/releases/release-v2.7"),
    tested(8, 30, 35, "https://fluxcd.control-plane.io/releases/release-v2.8"),
    tested(9, 34, 36, "https://github.com/fluxcd/flux2/releases/tag/v2.9.0"),
    tested(10, 32, 37, "https://fluxcd.control-plane.io/releases/release-v2.10"),
];

/// From which operator on a Flux can be asked for without an artifact of its own.
#[derive(Debug)]
pub struct Carried {
    /// The minor version of Flux.
    pub flux: (u32, u32),
    /// No operator before this one has its manifests.
    pub operator: (u32, u32, u32),
    /// Who says so.
    pub source: &'static str,
}

const fn carried(flux: u32, operator: u32, source: &'static str) -> Carried {
    Carried { flux: (2, flux), operator: (0, operator, 0), source }
}

/// What the operator's releases say that they include. Where only its second patch is named, the release before counts too.
pub const CARRIED: &[Carried] = &[
    carried(5, 15, "https://github.com/controlplaneio-fluxcd/flux-operator/pull/176"),
    carried(6, 21, "https://github.com/controlplaneio-fluxcd/flux-operator/pull/274"),
    carried(7, 30, "https://github.com/controlplaneio-fluxcd/flux-operator/pull/452"),
    carried(8, 42, "https://github.com/controlplaneio-fluxcd/flux-operator/releases/tag/v0.42.1"),
    carried(9, 53, "https://github.com/controlplaneio-fluxcd/flux-operator/pull/934"),
];

/// How many minor versions a kubelet may be older than its API server.
pub const KUBELET_LAG: u32 = 3;
/// Who says so.
pub const SKEW_POLICY: &str = "https://kubernetes.io/releases/version-skew-policy/";

/// A way to fail that a later version has mended.
#[derive(Debug)]
pub struct Weakness {
    /// The program.
    pub program: &'static str,
    /// The first version without it.
    pub mended: (u32, u32, u32),
    /// What goes wrong before.
    pub what: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// The known ones.
pub const WEAKNESSES: &[Weakness] = &[
    Weakness {
        program: "helm-controller",
        mended: (1, 4, 0),
        what: "a release whose source is not ready at its first pass stays at observedGeneration -1 for a whole interval",
        source: "https://github.com/fluxcd/helm-controller/releases/tag/v1.4.0",
    },
    Weakness {
        program: "helm-controller",
        mended: (1, 5, 5),
        what: "a chart download that hangs holds a worker for a quarter of an hour: its requests have no time limit",
        source: "https://github.com/fluxcd/helm-controller/releases/tag/v1.5.5",
    },
    Weakness {
        program: "flux-operator",
        mended: (0, 39, 0),
        what: "a change of the FluxInstance waits until a running health check ends, five minutes by default",
        source: "https://github.com/controlplaneio-fluxcd/flux-operator/releases/tag/v0.39.0",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_written() {
        let parts = |text| Version::of(text).map(Version::parts);
        assert_eq!(parts("v1.36.3"), Some((1, 36, 3)));
        assert_eq!(parts("v2.9.4@sha256:01"), Some((2, 9, 4)));
        assert_eq!(parts("1.33.1+k3s1"), Some((1, 33, 1)));
        assert_eq!((parts("2.x"), parts("latest"), parts("")), (None, None, None));
    }

    #[test]
    fn each_row_is_a_range_and_has_a_source() {
        assert!(KUBERNETES.is_sorted_by_key(|row| row.flux));
        assert!(KUBERNETES.iter().all(|row| row.from < row.to && row.source.starts_with("https://")));
        assert!(CARRIED.is_sorted_by_key(|row| (row.flux, row.operator)));
        assert!(CARRIED.iter().all(|row| row.source.starts_with("https://")));
        assert!(WEAKNESSES.iter().all(|row| row.source.starts_with("https://")));
    }
}
