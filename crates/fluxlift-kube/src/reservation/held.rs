//! Taking the Lease, keeping it while something is done, and giving it back.

use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_gate::{GateContext, pace};
use tokio_util::sync::CancellationToken;

use super::ReservationError;
use super::record::{self, Claim, LASTS, Standing, target};
use crate::kind::LEASE;
use crate::{Class, Cluster, Deletion, Object, RequestError};

/// How often it is renewed: two renewals may fail before it runs out.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often a silent one is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is tried to write it, against others who try the same.
const TRIES: usize = 5;
/// How long to wait between two tries.
const AGAIN: Duration = Duration::from_millis(500);

impl Cluster {
    /// Does `work` while the cluster is reserved for `claim`, and gives it back afterwards.
    ///
    /// # Errors
    /// When another run has reserved it, the Lease can't be written, or another run took it over meanwhile; and as `work`
    /// fails. When it is lost, `work` is cancelled and ends first.
    pub async fn reserved<T, E: From<ReservationError>>(
        &self,
        cx: &GateContext,
        claim: &Claim,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut held = Held::take(self, cx, claim).await?;
        let done = CancellationToken::new();
        let working = async {
            let result = work.await;
            done.cancel();
            result
        };
        let keeping = async {
            let kept = held.keep(&done).await;
            if kept.is_err() {
                cx.cancel.cancel();
            }
            kept
        };
        let (result, kept) = futures::join!(working, keeping);
        // Whatever came of the work: another run may have been at work beside it.
        kept?;
        held.give_back().await;
        result
    }
}

/// The Lease, as we wrote it last.
struct Held<'a> {
    cluster: &'a Cluster,
    cx: &'a GateContext,
    claim: &'a Claim,
    lease: Object,
}

impl<'a> Held<'a> {
    async fn take(cluster: &'a Cluster, cx: &'a GateContext, claim: &'a Claim) -> Result<Self, ReservationError> {
        let mut tries = 1..=TRIES;
        loop {
            tries.next();
            match Self::attempt(cluster, cx, claim).await? {
                Ok(lease) => return Ok(Self { cluster, cx, claim, lease }),
                // Somebody was faster or has just gone, a reply was lost, or the namespace of a young cluster is not there yet.
                Err(error)
                    if !tries.is_empty()
                        && matches!(error.class(), Class::Conflict | Class::Transient | Class::NotFound) =>
                {
                    pause(cx, AGAIN).await?;
                }
                Err(source) => return Err(refused(cluster, source)),
            }
        }
    }

    /// Makes the Lease, or takes that of somebody who is gone. The usual case is one request.
    async fn attempt(
        cluster: &Cluster,
        cx: &GateContext,
        claim: &Claim,
    ) -> Result<Result<Object, RequestError>, ReservationError> {
        let made = cluster.create(&LEASE, &record::taken(None, claim, cluster.clock().now())).await;
        if !made.as_ref().is_err_and(|error| error.class() == Class::Conflict) {
            return Ok(made);
        }
        let Some(live) = cluster.get(&target()).await.map_err(|source| refused(cluster, source))? else {
            return Ok(made);
        };
        match Standing::of(&live, claim, cluster.clock().now()) {
            Standing::Held { holder, renewed } => return Err(held(cluster, holder, renewed)),
            Standing::Quiet { holder, wait } => {
                // By its own clock it may have been renewed long ago: what counts is that it was just now.
                if !is_silent(cluster, cx, &live, &holder, wait).await? {
                    return Err(held(cluster, holder, cluster.clock().now()));
                }
            }
            Standing::Ours | Standing::Free => {}
        }
        Ok(cluster.replace(&LEASE, &record::taken(Some(&live), claim, cluster.clock().now())).await)
    }

    /// Renews it until the work is done. A renewal is never dropped on its way: what is deleted at the end is what it left.
    ///
    /// # Errors
    /// When it is lost.
    async fn keep(&mut self, done: &CancellationToken) -> Result<(), ReservationError> {
        loop {
            tokio::select! {
                biased;
                () = done.cancelled() => return Ok(()),
                () = pace(RENEWAL) => self.renew().await?,
            }
        }
    }

    /// Renews it. A cluster that does not answer is asked again the next time: nobody else gets an answer either.
    async fn renew(&mut self) -> Result<(), ReservationError> {
        let cluster = self.cluster.hasty();
        let next = record::renewed(&self.lease, self.claim, cluster.clock().now());
        match cluster.replace(&LEASE, &next).await {
            Ok(lease) => self.lease = lease,
            Err(error) if matches!(error.class(), Class::Conflict | Class::NotFound) => {
                self.find_again(&cluster).await?
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// It is not as we wrote it: another one's, ours after a reply that was lost, or deleted by hand.
    async fn find_again(&mut self, cluster: &Cluster) -> Result<(), ReservationError> {
        let now = cluster.clock().now();
        match cluster.get(&target()).await {
            Ok(Some(live)) => match Standing::of(&live, self.claim, now) {
                Standing::Held { holder, .. } | Standing::Quiet { holder, .. } => {
                    return Err(ReservationError::Lost { server: cluster.server().to_owned(), holder });
                }
                Standing::Ours | Standing::Free => self.lease = live,
            },
            Ok(None) => {
                if let Ok(lease) = cluster.create(&LEASE, &record::taken(None, self.claim, now)).await {
                    self.lease = lease;
                }
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Deletes it, if it is still ours. What hinders that is told, and fails nothing: it runs out by itself.
    async fn give_back(&mut self) {
        if let Err(error) = self.delete().await {
            let lasts = LASTS.as_secs();
            let told = fluxlift_core::chain(&error);
            self.cx.events.warn(format!(
                "the reservation of the cluster runs out in {lasts}s, it could not be given back: {told}"
            ));
        }
    }

    async fn delete(&mut self) -> Result<(), RequestError> {
        match self.cluster.delete(&target(), &this_version(&self.lease)).await {
            Err(error) if error.class() == Class::Conflict => {}
            other => return other.map(drop),
        }
        // The reply to the last renewal may have been lost.
        let now = self.cluster.clock().now();
        match self.cluster.get(&target()).await? {
            Some(live) if Standing::of(&live, self.claim, now) == Standing::Ours => {
                self.cluster.delete(&target(), &this_version(&live)).await.map(drop)
            }
            _ => Ok(()),
        }
    }
}

fn refused(cluster: &Cluster, source: RequestError) -> ReservationError {
    ReservationError::Request { server: cluster.server().to_owned(), source }
}

fn held(cluster: &Cluster, holder: String, renewed: Timestamp) -> ReservationError {
    ReservationError::Held { server: cluster.server().to_owned(), holder, renewed }
}

/// Whether `live` stays as it is for as long as `wait`, or goes: clocks differ, and a run that lives renews it.
async fn is_silent(
    cluster: &Cluster,
    cx: &GateContext,
    live: &Object,
    holder: &str,
    wait: Duration,
) -> Result<bool, ReservationError> {
    let seconds = wait.as_secs();
    cx.events.warn(format!(
        "the cluster was reserved by {holder}; it is taken over if that stays silent for {seconds}s more"
    ));
    let mut left = wait;
    while !left.is_zero() {
        let step = left.min(LOOK);
        pause(cx, step).await?;
        left -= step;
        match cluster.get(&target()).await.map_err(|source| refused(cluster, source))? {
            Some(again) if again.resource_version() == live.resource_version() => {}
            Some(_) => return Ok(false),
            None => return Ok(true),
        }
    }
    Ok(true)
}

fn this_version(lease: &Object) -> Deletion {
    Deletion { resource_version: Some(lease.resource_version().to_owned()), ..Deletion::of(lease) }
}

async fn pause(cx: &GateContext, duration: Duration) -> Result<(), ReservationError> {
    tokio::select! {
        biased;
        () = cx.cancel.cancelled() => Err(ReservationError::Interrupted),
        () = pace(duration) => Ok(()),
    }
}
