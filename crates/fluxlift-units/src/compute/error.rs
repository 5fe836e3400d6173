//! What can go wrong with the machines.

use fluxlift_core::{ActLogError, ErrorKind, Explain, Hint, Misfit};
use thiserror::Error;

/// Why the machines could not be made, or taken away.
#[derive(Debug, Error)]
pub enum ComputeError {
    /// The inputs are not of the expected shape.
    #[error("the inputs of compute do not fit")]
    Inputs(#[source] Misfit),
    /// An input is not usable.
    #[error("input {name}: {what}")]
    Input {
        /// The input.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file that the inputs name can't be read.
    #[error("{path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A machine's number belongs to somebody else.
    #[error("the number of {name} is taken: {owner} is not a machine of this cluster")]
    Foreign {
        /// The machine that we want.
        name: String,
        /// What has its number.
        owner: String,
        /// What differs from ours.
        why: String,
        /// The tags that would make it ours.
        mark: String,
    },
    /// A device is named in a way that is root's alone.
    #[error("{node} is given the PCI device {device} by its raw address, and {who} may not: only root@pam itself may")]
    RootOnly {
        /// The machine.
        node: String,
        /// The device.
        device: String,
        /// Token or user.
        who: String,
    },
    /// The image is nowhere.
    #[error("the image {image} is not on {host}")]
    NoImage {
        /// The image.
        image: String,
        /// The host.
        host: String,
    },
    /// The run was cancelled before the next act.
    #[error("the run was interrupted before {what}")]
    Interrupted {
        /// What would have been next.
        what: String,
    },
    /// The journal did not take a record.
    #[error(transparent)]
    Journal(#[from] ActLogError),
}

impl ComputeError {
    /// A complaint about one input.
    pub(crate) fn input(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Input { name: name.into(), what: what.into() }
    }
}

impl Explain for ComputeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Interrupted { .. } => ErrorKind::Interrupted,
            _ => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Foreign { why, mark, .. } => vec![
                Hint::new(format!("give the node another vm_id: {why}")),
                Hint::new(format!(
                    "if it is yours after all, add the tags {mark} to it and set its MAC address in the tree"
                )),
            ],
            Self::RootOnly { device, .. } => vec![
                Hint::new(format!(
                    "map {device} under Datacenter, Resource Mappings, and name it by `mapping` instead of `address`"
                )),
                Hint::new(
                    "or give username root@pam and its password instead of api_token; a token of root does not count",
                ),
            ],
            Self::NoImage { .. } => vec![Hint::new(
                "upload it, or set the input `talos_image_url`, then the host fetches it (it cannot decompress xz)",
            )],
            Self::Interrupted { .. } => vec![Hint::new("run `fluxlift resume` to go on from here")],
            Self::Journal(error) => error.hints(),
            Self::Inputs(_) | Self::Input { .. } | Self::File { .. } => vec![],
        }
    }
}
