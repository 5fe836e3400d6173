//! Everything that the checks judge, gathered.

use std::sync::Arc;

use fluxlift_config::sops::Identities;
use fluxlift_core::error::chain;
use fluxlift_core::{Clock, Secret};
use fluxlift_flux::doctor::{Exam, Read, Unread, look};
use fluxlift_kube::{Cluster, Kubeconfig};
use fluxlift_net::Dial;

use super::{lock, recipients};
use crate::args::Global;
use crate::system::System;

/// What was seen, and by which connection.
#[derive(Debug)]
pub struct Examined {
    /// What was seen.
    pub exam: Exam,
    /// The connection; `None` when the kubeconfig gives none.
    pub cluster: Option<Cluster>,
}

/// Looks at the cluster of `kubeconfig`, over any network and clock. One that does not answer is what is found.
pub async fn examine(
    kubeconfig: &Kubeconfig,
    global: &Global,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Examined {
    let seed = global.seed.unwrap_or(system.seed);
    let (mut exam, cluster) = match Cluster::connect(kubeconfig, dial, Arc::clone(&clock), seed) {
        Ok(cluster) => (look(&cluster, public_keys).await, Some(cluster)),
        Err(error) => (Exam::blind(clock.now(), &Unread::because(chain(&error))), None),
    };
    exam.certificate = kubeconfig.certificate().map(|read| read.map_err(|error| Unread::because(chain(&error))));
    exam.authorities = kubeconfig.authorities();
    exam.believes_anyone = kubeconfig.believes_anyone();
    let folder = system.dir.join(&global.working_dir);
    exam.recipients = recipients::of(&folder, system, exam.kustomizations.as_deref().unwrap_or_default());
    exam.lock = lock::of(&folder, cluster.as_ref().filter(|_| exam.api.is_ok()), system).await;
    Examined { exam, cluster }
}

fn public_keys(text: &Secret<String>) -> Read<Vec<String>> {
    // The parser's message names the line's number and nothing of it.
    let identities = Identities::parse("the Secret", text.expose()).map_err(|error| Unread::because(chain(&error)))?;
    Ok(identities.recipients())
}
