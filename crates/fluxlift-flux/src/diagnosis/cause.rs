//! What can be the matter with an object, and what helps.

use std::fmt;

use fluxlift_core::Remedy;
use jiff::SignedDuration;

/// How an object stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Waiting will not help it.
    Stuck,
    /// Not yet, and it may come by itself.
    Pending,
    /// It is not judged: somebody suspended it, or nothing reconciles it by design.
    Unjudged,
    /// Ready at its generation.
    Proven,
}

impl Standing {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::Stuck, Self::Pending, Self::Unjudged, Self::Proven];

    /// `stuck`, `pending`, `unjudged` or `proven`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Pending => "pending",
            Self::Unjudged => "unjudged",
            Self::Proven => "proven",
        }
    }
}

/// What is the matter with an object. Where it says `neglected`, that has been so for longer than its controller may
/// take to come by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Nothing: Ready at its generation.
    Ready,
    /// Somebody suspended it.
    Suspended,
    /// Nothing reconciles it by design.
    Fixed,
    /// Its deletion was asked for.
    Deleting {
        /// Whether that takes longer than a deletion does.
        held: bool,
    },
    /// No controller has touched it, or none has come back after the first touch.
    Untouched {
        /// Whether there was a first touch: the finalizer.
        begun: bool,
        /// See [`Cause`].
        neglected: bool,
    },
    /// A reconciliation was asked for, and no controller took the request up.
    Ignored,
    /// Its label names a shard that no controller selects.
    NoShard {
        /// The shard.
        shard: String,
    },
    /// Its controller looks at its own namespace only.
    Unwatched,
    /// Its controller is not at work.
    Unattended {
        /// What is wrong with the controller.
        why: String,
        /// Whether it holds its Lease and does nothing: no other Pod will take over.
        frozen: bool,
    },
    /// It was touched and has no condition: its HelmChart could not be applied.
    ChartNotApplied {
        /// See [`Cause`].
        neglected: bool,
    },
    /// What its status says is about an older generation.
    Outdated {
        /// The generation that was observed.
        observed: i64,
        /// See [`Cause`].
        neglected: bool,
    },
    /// Another object of its kind must be ready first.
    Dependency {
        /// Which, and what it says.
        why: String,
    },
    /// It waits for something that does not exist.
    Missing {
        /// What.
        what: String,
    },
    /// What it depends on depends on it.
    Cycle {
        /// The objects of the loop.
        through: String,
    },
    /// Its source is not ready.
    Source {
        /// What the source lacks.
        why: String,
        /// Whether the source itself has been untouched, or at an older generation, for long.
        neglected: bool,
    },
    /// What holds it up, directly or through others, was suspended by somebody.
    AwaitsSuspended {
        /// What is suspended.
        what: String,
    },
    /// Its source is ready, but source-controller no longer has the artifact.
    ArtifactLost {
        /// See [`Cause`].
        neglected: bool,
    },
    /// What it waited for is ready, but it has not been looked at since.
    Overlooked {
        /// What it waited for: `its source`, `what it depends on`.
        what: &'static str,
        /// See [`Cause`].
        neglected: bool,
    },
    /// It has applied an older revision than its source has.
    OldRevision {
        /// The two revisions.
        why: String,
        /// See [`Cause`].
        neglected: bool,
    },
    /// What it applied is not healthy.
    Health {
        /// What it says.
        why: String,
    },
    /// A download goes on, and keeps a worker busy.
    Downloading {
        /// How many objects of its controller are in the same state for long.
        blocked: usize,
        /// How many workers the controller has.
        workers: usize,
    },
    /// A Helm action or another piece of work goes on.
    Working {
        /// What it says.
        why: String,
    },
    /// A Helm action has gone on for longer than its own timeout.
    Overdue {
        /// What it says.
        why: String,
        /// The timeout.
        timeout: SignedDuration,
    },
    /// Helm's storage says that an action was begun, and nobody works on it.
    HelmLocked {
        /// `pending-install`, `pending-upgrade` or `pending-rollback`.
        status: String,
    },
    /// Helm's storage has a status from which helm-controller does not go on.
    HelmUnknown {
        /// The status.
        status: String,
    },
    /// The release was made, and its readiness was never settled.
    Unsettled,
    /// It failed and will be tried again.
    Failing {
        /// What it says.
        why: String,
    },
    /// Its retries are used up.
    RetriesExceeded {
        /// What failed.
        why: String,
    },
    /// A failed upgrade has nothing to be rolled back to.
    NoRollbackTarget,
    /// Its specification, or what it may do, must be changed.
    Refused {
        /// What it says.
        why: String,
    },
}

impl Cause {
    /// What it is called in a document: the name of the variant.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Suspended => "Suspended",
            Self::Fixed => "Fixed",
            Self::Deleting { .. } => "Deleting",
            Self::Untouched { .. } => "Untouched",
            Self::Ignored => "Ignored",
            Self::NoShard { .. } => "NoShard",
            Self::Unwatched => "Unwatched",
            Self::Unattended { .. } => "Unattended",
            Self::ChartNotApplied { .. } => "ChartNotApplied",
            Self::Outdated { .. } => "Outdated",
            Self::Dependency { .. } => "Dependency",
            Self::Missing { .. } => "Missing",
            Self::Cycle { .. } => "Cycle",
            Self::Source { .. } => "Source",
            Self::AwaitsSuspended { .. } => "AwaitsSuspended",
            Self::ArtifactLost { .. } => "ArtifactLost",
            Self::Overlooked { .. } => "Overlooked",
            Self::OldRevision { .. } => "OldRevision",
            Self::Health { .. } => "Health",
            Self::Downloading { .. } => "Downloading",
            Self::Working { .. } => "Working",
            Self::Overdue { .. } => "Overdue",
            Self::HelmLocked { .. } => "HelmLocked",
            Self::HelmUnknown { .. } => "HelmUnknown",
            Self::Unsettled => "Unsettled",
            Self::Failing { .. } => "Failing",
            Self::RetriesExceeded { .. } => "RetriesExceeded",
            Self::NoRollbackTarget => "NoRollbackTarget",
            Self::Refused { .. } => "Refused",
        }
    }

    /// What helps, where waiting does not: the least force first.
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Source { neglected: true, .. } | Self::ArtifactLost { neglected: true } => {
                Some(Remedy::RepairUpstream)
            }
            Self::Untouched { neglected: true, .. }
            | Self::Outdated { neglected: true, .. }
            | Self::Overlooked { neglected: true, .. }
            | Self::OldRevision { neglected: true, .. }
            | Self::HelmLocked { .. }
            | Self::Overdue { .. } => Some(Remedy::Reconcile),
            Self::RetriesExceeded { .. } => Some(Remedy::Reset),
            Self::NoRollbackTarget | Self::Unsettled => Some(Remedy::Force),
            Self::Ignored | Self::Unattended { frozen: true, .. } => Some(Remedy::RestartController),
            Self::Downloading { blocked, workers } if blocked >= workers => Some(Remedy::RestartController),
            Self::Deleting { held: true } => Some(Remedy::person("see why its deletion is held up")),
            Self::NoShard { shard } => {
                Some(Remedy::person(format!("run a controller for shard {shard}, or change the label")))
            }
            Self::Unwatched => Some(Remedy::person("let the controllers watch all namespaces, or move it")),
            Self::ChartNotApplied { neglected: true } => {
                Some(Remedy::person("read helm-controller's log and mend the chart's template"))
            }
            Self::Missing { what } => Some(Remedy::person(format!("make {what}, or no longer refer to it"))),
            Self::AwaitsSuspended { what } => {
                Some(Remedy::person(format!("resume {what}, or let nothing wait for it")))
            }
            Self::Cycle { .. } => Some(Remedy::person("take one of the dependencies of the loop away")),
            Self::HelmUnknown { status } => {
                Some(Remedy::person(format!("look at the release with `helm history`: Helm says {status}")))
            }
            Self::Refused { .. } => Some(Remedy::person("change what the message names, in the repository")),
            _ => None,
        }
    }

    /// How an object with it stands.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Ready => Standing::Proven,
            Self::Suspended | Self::Fixed => Standing::Unjudged,
            cause if cause.remedy().is_some() => Standing::Stuck,
            _ => Standing::Pending,
        }
    }

    /// Whether it is only the consequence of another delivered object's state.
    pub const fn is_consequence(&self) -> bool {
        matches!(self, Self::Dependency { .. } | Self::Health { .. })
    }

    /// Whether nothing comes of it until somebody does something: it is the end of an attempt after which the controller
    /// will not try again by itself, or somebody has stopped what it waits for.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::RetriesExceeded { .. }
                | Self::NoRollbackTarget
                | Self::Unsettled
                | Self::Refused { .. }
                | Self::AwaitsSuspended { .. }
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("is ready"),
            Self::Suspended => f.write_str("is suspended"),
            Self::Fixed => f.write_str("is never reconciled, by design"),
            Self::Deleting { held: false } => f.write_str("is being deleted"),
            Self::Deleting { held: true } => f.write_str("is being deleted, and something holds it"),
            Self::Untouched { begun: false, .. } => {
                f.write_str("is at observedGeneration -1 and no controller has touched it")
            }
            Self::Untouched { begun: true, .. } => {
                f.write_str("is at observedGeneration -1 and no controller has come back after its first touch")
            }
            Self::Ignored => f.write_str("was asked to reconcile and no controller took the request up"),
            Self::NoShard { shard } => write!(f, "is of shard {shard}, which no controller selects"),
            Self::Unwatched => f.write_str("is outside the only namespace that its controller watches"),
            Self::Unattended { why, .. } => write!(f, "waits for its controller ({why})"),
            Self::ChartNotApplied { .. } => {
                f.write_str("was touched and has no condition: its HelmChart cannot be applied")
            }
            Self::Outdated { observed, .. } => write!(f, "is not ready (only generation {observed} is observed)"),
            Self::Dependency { why } => write!(f, "waits for a dependency ({why})"),
            Self::Missing { what } => write!(f, "waits for {what}, which does not exist"),
            Self::Cycle { through } => write!(f, "waits for itself ({through})"),
            Self::Source { why, .. } => write!(f, "waits for its source ({why})"),
            Self::AwaitsSuspended { what } => write!(f, "waits for {what}, which is suspended"),
            Self::ArtifactLost { .. } => {
                f.write_str("cannot fetch its source's artifact, although the source is ready")
            }
            Self::Overlooked { what, .. } => {
                write!(f, "waits although {what} is ready: its controller has not looked again")
            }
            Self::OldRevision { why, .. } => write!(f, "is behind its source ({why})"),
            Self::Health { why } => write!(f, "waits for what it applied ({why})"),
            Self::Downloading { blocked, workers } if blocked >= workers => {
                write!(f, "is downloading: {blocked} downloads block all {workers} workers of its controller")
            }
            Self::Downloading { .. } => f.write_str("is downloading"),
            Self::Working { why } => write!(f, "is not ready ({why})"),
            Self::Overdue { why, timeout } => write!(f, "is past its timeout of {timeout:#} ({why})"),
            Self::HelmLocked { status } => write!(f, "is left in Helm's status {status}, and nobody works on it"),
            Self::HelmUnknown { status } => write!(f, "has the Helm status {status}, from which nothing goes on"),
            Self::Unsettled => f.write_str("was released and its readiness is unknown"),
            Self::Failing { why } => write!(f, "fails and will be tried again ({why})"),
            Self::RetriesExceeded { why } => write!(f, "has failed ({why})"),
            Self::NoRollbackTarget => f.write_str("has failed, and has no earlier revision to roll back to"),
            Self::Refused { why } => write!(f, "is refused ({why})"),
        }
    }
}
