//! Distributions of Flux: which controllers a version brings, and how they behave.

use serde::{Deserialize, Serialize};

/// A minor release of Flux: all that differs between versions in this model hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Profile {
    /// The minor number: 9 for Flux 2.9.
    pub minor: u64,
}

/// One release of Flux that the operator's image carries.
#[derive(Debug)]
struct Release {
    version: &'static str,
    source: &'static str,
    kustomize: &'static str,
    helm: &'static str,
    notification: &'static str,
    image_reflector: &'static str,
    image_automation: &'static str,
}

impl Release {
    /// From its own version and those of its controllers, in the order of the fields.
    const fn of(versions: [&'static str; 7]) -> Self {
        let [version, source, kustomize, helm, notification, image_reflector, image_automation] = versions;
        Self { version, source, kustomize, helm, notification, image_reflector, image_automation }
    }
}

/// The releases that the operator's image carries, oldest first (the last has 1.9.6, 1.9.5 and 1.6.3).
const RELEASES: [Release; 6] = [
    Release::of(["2.4.0", "1.4.1", "1.4.0", "1.1.0", "1.4.0", "0.33.0", "0.39.0"]),
    Release::of(["2.5.1", "1.5.0", "1.5.1", "1.2.0", "1.5.0", "0.34.0", "0.40.0"]),
    Release::of(["2.6.4", "1.6.2", "1.6.1", "1.3.0", "1.6.0", "0.35.2", "0.41.2"]),
    Release::of(["2.7.5", "1.7.4", "1.7.3", "1.4.5", "1.7.5", "1.0.4", "1.0.4"]),
    Release::of(["2.8.3", "1.8.2", "1.8.2", "1.5.5", "1.8.2", "1.1.1", "1.1.1"]),
    Release::of(["2.9.4", "1.9.6", "1.9.5", "1.6.3", "1.9.4", "1.2.4", "1.2.4"]),
];

/// A distribution: one release, as the operator installs it.
#[derive(Debug, Clone, Copy)]
pub struct Distribution(&'static Release);

impl Distribution {
    /// The release that `wanted` means: a version, or a range such as `2.x` or `2.9.x`. `None` if the operator's image
    /// carries none.
    pub fn find(wanted: &str) -> Option<Self> {
        let wanted = wanted.trim_start_matches('v');
        let prefix = wanted.trim_end_matches(".x").trim_end_matches(".*").trim_end_matches(".x");
        let matches = |version: &str| version == wanted || version.starts_with(&format!("{prefix}."));
        let exact = RELEASES.iter().find(|r| r.version == wanted);
        exact.or_else(|| RELEASES.iter().rfind(|r| prefix != wanted && matches(r.version))).map(Self)
    }

    /// Its version, such as `2.9.4`.
    pub const fn version(self) -> &'static str {
        self.0.version
    }

    /// The tag of a component's image. `None` for a component that this model doesn't know.
    pub fn tag(self, component: &str) -> Option<String> {
        let version = match component {
            "source-controller" => self.0.source,
            "kustomize-controller" => self.0.kustomize,
            "helm-controller" => self.0.helm,
            "notification-controller" => self.0.notification,
            "image-reflector-controller" => self.0.image_reflector,
            "image-automation-controller" => self.0.image_automation,
            _ => return None,
        };
        Some(format!("v{version}"))
    }

    /// How it behaves.
    pub fn profile(self) -> Profile {
        Profile::of_flux(self.0.version)
    }
}

impl Profile {
    /// The newest that is known.
    pub const NEWEST: Self = Self { minor: 9 };

    /// The behaviour of a version of Flux.
    pub fn of_flux(version: &str) -> Self {
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse().ok());
        minor.map_or(Self::NEWEST, |minor| Self { minor })
    }

    /// The behaviour of a controller, by its image: helm-controller 1.1 came with Flux 2.4, image-reflector-controller 0.33
    /// and image-automation-controller 0.39 too, and their 1.0 with Flux 2.7; the others' minors equal Flux's.
    pub fn of_image(component: &str, image: &str) -> Self {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag).trim_start_matches('v');
        let mut parts = tag.split('.').map(|part| part.parse::<u64>().ok());
        let (major, minor) = (parts.next().flatten(), parts.next().flatten());
        match minor {
            Some(minor) if component == "helm-controller" => Self { minor: minor + 3 },
            Some(minor) if component.starts_with("image-") && major != Some(0) => Self { minor: minor + 7 },
            Some(minor) if component == "image-reflector-controller" => Self { minor: minor.saturating_sub(29) },
            Some(minor) if component == "image-automation-controller" => Self { minor: minor.saturating_sub(35) },
            Some(minor) => Self { minor },
            None => Self::NEWEST,
        }
    }

    /// Before helm-controller 1.4 (Flux 2.7) an object whose source was not ready waited a whole `spec.interval`;
    /// since then it is requeued like one with a dependency that is not ready.
    pub const fn requeues_when_source_is_not_ready(self) -> bool {
        self.minor >= 7
    }

    /// OCIRepository is v1 since Flux 2.6, before only v1beta2.
    pub const fn oci_is_stable(self) -> bool {
        self.minor >= 6
    }

    /// The kinds of images are v1 since Flux 2.7, before only betas; an ImagePolicy can be suspended, and is asked by a
    /// token, since then.
    pub const fn images_are_stable(self) -> bool {
        self.minor >= 7
    }

    /// Their betas are gone since Flux 2.9.
    pub const fn images_have_betas(self) -> bool {
        self.minor < 9
    }

    /// ExternalArtifact exists since Flux 2.7.
    pub const fn has_external_artifacts(self) -> bool {
        self.minor >= 7
    }
}
