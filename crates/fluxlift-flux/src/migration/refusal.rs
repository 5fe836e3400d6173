//! The ways to lose workloads, each refused by its own name.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

/// Why a cluster is not migrated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Nothing is there that `flux bootstrap` could have left.
    #[error("no root Kustomization in flux-system reconciles this cluster")]
    NoRoot,
    /// More than one could be the root.
    #[error("{} could each be the root of this cluster", .names.join(" and "))]
    SeveralRoots {
        /// Their names.
        names: Vec<String>,
    },
    /// The root follows no Git repository that is there.
    #[error("{root} follows {what}, which is not a GitRepository in flux-system")]
    NoSource {
        /// The root.
        root: String,
        /// What it names.
        what: String,
    },
    /// Another folder was asked for.
    #[error(
        "{root} applies {live:?} and prunes; with the sync at {wanted:?} everything that is only in {live:?} would be deleted"
    )]
    OtherPath {
        /// The root.
        root: String,
        /// The folder now.
        live: String,
        /// The folder asked for.
        wanted: String,
    },
    /// Another name was asked for.
    #[error(
        "the root is called {live:?}; a sync called {wanted:?} would make a second root, and the first would go on and prune"
    )]
    OtherName {
        /// The name now.
        live: String,
        /// The name asked for.
        wanted: String,
    },
    /// Another repository is in a FluxInstance that is there already.
    #[error("the FluxInstance that is there follows {wanted}, and {root} follows {live}")]
    OtherSource {
        /// The root.
        root: String,
        /// What is followed now.
        live: String,
        /// What the instance says.
        wanted: String,
    },
    /// The folder left Git before the operator had what is in it.
    #[error(
        "{folder} is gone from {place} while {root} still manages itself from it: its next pass deletes the controllers, their definitions, and with them every HelmRelease"
    )]
    FolderGone {
        /// The folder.
        folder: String,
        /// Where it was looked for.
        place: String,
        /// The root.
        root: String,
    },
    /// A controller would stay behind, and its definitions would be deleted under it.
    #[error(
        "{controller} runs here and would not be handed over: when the folder leaves Git, its definitions are deleted while it runs, and every object of theirs"
    )]
    LeavesController {
        /// The controller.
        controller: String,
    },
    /// A definition would stay behind.
    #[error(
        "{definition} is delivered from {folder} and belongs to none of the controllers: it would be deleted with the folder, and every object of it"
    )]
    LeavesDefinition {
        /// The definition.
        definition: String,
        /// The folder.
        folder: String,
    },
    /// An older version was asked for.
    #[error(
        "Flux {live} runs here; {wanted} does not serve all versions that its objects are stored in, and their definitions would have to be deleted while the controllers run"
    )]
    Downgrade {
        /// The version now.
        live: String,
        /// The version asked for.
        wanted: String,
    },
    /// Nothing says which version runs.
    #[error("no Deployment of Flux carries the label app.kubernetes.io/version")]
    NoVersion,
    /// A field cannot be expressed.
    #[error("{file} uses {field}, which a FluxInstance cannot carry")]
    NotCarried {
        /// The file.
        file: String,
        /// The field.
        field: String,
    },
    /// Flux's own objects are changed on their way from the folder to the cluster.
    #[error("{by} changes {object}, which {folder} delivers: under the operator it would come without that change")]
    ChangedAbove {
        /// Where that is said.
        by: String,
        /// The object, or one of them.
        object: String,
        /// The folder.
        folder: String,
    },
    /// The source follows neither a branch nor a tag.
    #[error("{source_name} follows {what}, which the sync of a FluxInstance cannot say")]
    Reference {
        /// The source.
        source_name: String,
        /// What it follows.
        what: String,
    },
    /// The root is suspended: handing it over would let it go.
    #[error("{root} is suspended, and the operator would let it go on")]
    Suspended {
        /// The root.
        root: String,
    },
    /// The root does not work as it is.
    #[error("{root} is not Ready before the migration: {why}")]
    NotReady {
        /// The root.
        root: String,
        /// What it says.
        why: String,
    },
}

impl Explain for Refusal {
    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::NoRoot => "bring Flux onto the cluster with `fluxlift bootstrap`",
            Self::SeveralRoots { .. } => {
                "make all but one of them part of what the root delivers, or delete it by `flux delete` with its pruning off"
            }
            Self::NoSource { .. } => {
                "only a root on a GitRepository can be migrated; see `flux get sources all -n flux-system`"
            }
            Self::OtherPath { .. } => "leave --path out; move the folder later, with `prune: false` on the root",
            Self::OtherName { .. } => "leave --sync-name out: the name can never be changed",
            Self::OtherSource { .. } => {
                "change the sync of the FluxInstance to what the root follows, or delete that instance with the annotation fluxcd.controlplane.io/reconcile: disabled"
            }
            Self::FolderGone { root, .. } => {
                return vec![
                    Hint::new(format!(
                        "stop it at once: `flux suspend kustomization {}`",
                        root.rsplit('/').next().unwrap_or_default()
                    )),
                    Hint::new("put the folder back with `git revert`, push, resume, and migrate then"),
                ];
            }
            Self::LeavesController { .. } => "leave --components out: every controller that runs is handed over",
            Self::LeavesDefinition { .. } => {
                "move it to a folder that stays, or delete its objects first if nobody needs them"
            }
            Self::Downgrade { .. } => {
                "migrate with the version that runs, which is taken when --flux-version is left out"
            }
            Self::NoVersion => "name it with --flux-version",
            Self::NotCarried { field, .. } if field == "components" => {
                "write what these components patch into the patches of that file, push, see the root Ready, and migrate then"
            }
            Self::NotCarried { .. } => "say the same with patches, push, see the root Ready, and migrate then",
            Self::ChangedAbove { folder, .. } => {
                return vec![Hint::new(format!(
                    "move that change to the patches of {folder}/kustomization.yaml, which go along; push, see the root \
                     Ready, and migrate then"
                ))];
            }
            Self::Reference { .. } => "let the source follow a branch or a tag first",
            Self::Suspended { .. } => {
                "look at what it would apply with `flux diff kustomization`, then `flux resume kustomization`"
            }
            Self::NotReady { .. } => "mend that first: what does not work cannot be proven to work afterwards",
        };
        vec![Hint::new(hint)]
    }
}
