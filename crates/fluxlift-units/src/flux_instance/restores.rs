//! What is restored from backups, as the tree asks for it, and the restore itself.

use fluxlift_core::{ErrorKind, Explain};
use fluxlift_engine::unit::UnitError;
use fluxlift_flux::restore::{Choice, Every, Limits, Restore, Round};
use serde::{Deserialize, Deserializer};

use super::bringup::Bringup;

/// What is restored: the input `restore`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Restores {
    /// Nothing.
    #[default]
    Off,
    /// What this means.
    Of(Choice),
}

/// What may stand in a tree: `"off"`, `"all"`, one name, or a list of names.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Nothing(()),
    Word(String),
    Names(Vec<String>),
}

impl<'de> Deserialize<'de> for Restores {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)
            .map_err(|_| serde::de::Error::custom("restore is \"off\", \"all\", or a list of names of destinations"))?;
        Ok(Self::of(written))
    }
}

impl Restores {
    fn of(written: Written) -> Self {
        let names = match written {
            Written::Nothing(()) => return Self::Off,
            Written::Word(word) => match word.trim() {
                "" | "off" => return Self::Off,
                "all" => return Self::Of(Choice::All),
                name => vec![name.to_owned()],
            },
            Written::Names(names) => names,
        };
        if names.is_empty() { Self::Off } else { Self::Of(Choice::Names(names)) }
    }
}

/// What the restores of a bring-up came to.
#[derive(Debug, Default)]
pub(super) struct Restored {
    /// Whether data came back that was not there before.
    pub(super) acted: bool,
    /// What is not proven.
    pub(super) shortfall: Option<UnitError>,
}

impl Restored {
    fn short(error: impl Explain) -> Result<Self, UnitError> {
        match error.kind() {
            ErrorKind::Interrupted => Err(error.into()),
            _ => Ok(Self { acted: false, shortfall: Some(error.into()) }),
        }
    }
}

impl Bringup<'_> {
    fn round(&self) -> Round {
        let within = Limits::default();
        let limits = Limits { restore: within.restore.min(self.cx.deadline), ..within };
        Round::new(&self.cx.gates, self.cluster, limits, "the unit flux-instance", self.cx.seed)
    }

    /// Waits for `others`, who bring the applications, and holds each backup as it comes: an application may be up, and its
    /// volume empty, long before everything is. A claim that waits for a restore of ours gets it at once.
    pub(super) async fn guarded<T>(&self, others: impl Future<Output = T>) -> T {
        match &self.inputs.restore {
            Restores::Off => others.await,
            Restores::Of(choice) => {
                let round = self.round();
                Restore::new(&round, &Every).guarding(choice, others).await
            }
        }
    }

    /// Restores what the inputs ask for. Flux itself is proven by then: what is not restored is a shortfall.
    ///
    /// # Errors
    /// When the run is interrupted.
    pub(super) async fn restore(&self) -> Result<Restored, UnitError> {
        let Restores::Of(choice) = &self.inputs.restore else { return Ok(Restored::default()) };
        let round = self.round();
        let restore = Restore::new(&round, &Every);
        let work = async { restore.run(&restore.plan(choice, None).await?).await };
        let report = match work.await {
            Ok(report) => report,
            Err(error) => return Restored::short(error),
        };
        let acted = report.outcomes.iter().any(|outcome| outcome.result.is_ok() && outcome.action != "nothing");
        match report.into_failure() {
            Some(failure) => Ok(Restored { acted, ..Restored::short(failure)? }),
            None => Ok(Restored { acted, shortfall: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(written: Value) -> Result<Restores, String> {
        serde_json::from_value(written).map_err(|error| error.to_string())
    }

    #[test]
    fn a_tree_says_off_or_all_or_names() {
        for off in [json!(null), json!(""), json!("off"), json!([])] {
            assert_eq!(read(off), Ok(Restores::Off));
        }
        assert_eq!(read(json!("all")), Ok(Restores::Of(Choice::All)));
        let names =
            |names: &[&str]| Ok(Restores::Of(Choice::Names(names.iter().map(|name| (*name).to_owned()).collect())));
        assert_eq!(read(json!("media/plex-dst")), names(&["media/plex-dst"]));
        assert_eq!(read(json!(["a", "b"])), names(&["a", "b"]));
        assert!(read(json!({"all": true})).unwrap_err().contains("restore is \"off\", \"all\""));
        assert!(read(json!(true)).is_err());
    }
}
