//! Playing a situation, whoever plays it.

use std::collections::BTreeMap;
use std::future::Future;

use serde_json::Value;

use super::act::Act;
use super::fields::fields;
use super::kinds::Subject;
use super::sequence::{Sequence, collapsed};
use super::situation::{Situation, Step, Words, lacks};
use crate::LabError;

/// Where situations are played.
pub trait Theatre {
    /// What its addresses are called in situations.
    fn words(&self) -> &Words;

    /// Does one thing.
    fn act(&mut self, act: &Act) -> impl Future<Output = Result<(), LabError>>;

    /// An object as it is now.
    fn look(&mut self, subject: &Subject) -> impl Future<Output = Result<Option<Value>, LabError>>;

    /// A step begins: its time is counted from here.
    fn begin(&mut self);

    /// Lets a moment pass. False when the step has taken too long.
    fn pass(&mut self) -> impl Future<Output = bool>;

    /// Lets pass what comes to rest by itself.
    fn rest(&mut self) -> impl Future<Output = ()>;

    /// The revision of the last change.
    fn revision(&mut self) -> impl Future<Output = Result<u64, LabError>>;

    /// Every state in which an object was stored after the first and up to the second revision; `None` where it went.
    fn states(
        &mut self,
        subject: &Subject,
        between: (u64, u64),
    ) -> impl Future<Output = Result<Vec<Option<Value>>, LabError>>;
}

/// A situation that was played, and between which revisions.
#[derive(Debug)]
pub struct Played {
    /// The situation.
    pub situation: Situation,
    between: (u64, u64),
}

/// What was shown of each object that a situation follows.
pub type Shown = BTreeMap<Subject, Sequence>;

/// Plays a situation to its end.
///
/// # Errors
/// When something cannot be done, or what is waited for does not come.
pub async fn play(theatre: &mut impl Theatre, situation: Situation) -> Result<Played, LabError> {
    let from = theatre.revision().await?;
    for (number, step) in situation.steps.iter().enumerate() {
        for act in &step.acts {
            theatre.act(act).await?;
        }
        let waited = wait(theatre, step).await?;
        if let Some(lack) = waited {
            return Err(LabError::Unexpected(format!("{}, step {}: {lack}", situation.name, number + 1)));
        }
    }
    theatre.rest().await;
    let to = theatre.revision().await?;
    Ok(Played { situation, between: (from, to) })
}

/// Waits until a step is done; what it lacks, when it takes too long.
async fn wait(theatre: &mut impl Theatre, step: &Step) -> Result<Option<String>, LabError> {
    theatre.begin();
    loop {
        let mut lack = None;
        for (name, wanted) in &step.until {
            let subject: Subject = name.parse().map_err(LabError::Unexpected)?;
            let object = theatre.look(&subject).await?;
            let seen = object.map(|object| fields(&object, theatre.words()));
            if let Some(why) = lacks(wanted.as_ref(), seen.as_ref()) {
                lack = Some(format!("{name}: {why}; it is {seen:?}"));
                break;
            }
        }
        if lack.is_none() || !theatre.pass().await {
            return Ok(lack);
        }
    }
}

/// What was shown while a situation was played.
///
/// # Errors
/// When the theatre has forgotten it.
pub async fn shown(theatre: &mut impl Theatre, played: &Played) -> Result<Shown, LabError> {
    let mut shown = Shown::new();
    for subject in &played.situation.follow {
        let states = theatre.states(subject, played.between).await?;
        let words = theatre.words();
        let statuses = states.into_iter().map(|state| state.map(|object| fields(&object, words)));
        shown.insert(subject.clone(), collapsed(statuses));
    }
    Ok(shown)
}
