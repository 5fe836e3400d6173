//! The unit as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{Act, ChangeKind, Prior, chain};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec};
use fluxlift_net::tls::public_key_sha256;
use fluxlift_talos::client::Fingerprint;
use fluxlift_talos::config::Contract;
use fluxlift_talos::{SecretsBundle, pki};

use super::{Inputs, SecretsUnitError, outputs};
use crate::Outside;
use crate::talos_access::{self, random};

/// Draws anew the secrets whose authority it names.
const REGENERATE: &str = "TALOS_REGENERATE_SECRETS";
/// Lets the secrets go.
const DESTROY: &str = "TALOS_DESTROY_SECRETS";

/// A cluster's own secrets.
#[derive(Debug)]
pub struct Secrets {
    spec: UnitSpec,
    outside: Arc<Outside>,
}

impl Secrets {
    /// The unit that `spec` describes.
    pub const fn new(spec: UnitSpec, outside: Arc<Outside>) -> Self {
        Self { spec, outside }
    }

    /// The inputs, of a version that the next unit can do something with.
    fn inputs(&self) -> Result<Inputs, UnitError> {
        let inputs: Inputs = talos_access::inputs("talos_secrets", &self.spec.inputs)?;
        Contract::of(&inputs.talos_version)?.generable()?;
        Ok(inputs)
    }

    fn told(&self, variable: &str) -> bool {
        self.outside.env.get(variable).is_some_and(|value| matches!(value.as_str(), "1" | "true"))
    }

    /// The bundle that is kept, unless exactly this one is to be replaced.
    fn kept(&self, cx: &UnitContext) -> Result<Option<SecretsBundle>, UnitError> {
        let prior = cx.prior.as_ref();
        let replaced = self.outside.env.get(REGENERATE).map(|value| value.trim()).filter(|value| !value.is_empty());
        let noted = outputs::recorded_authority(prior);
        if replaced.is_some() && replaced == noted.as_deref() {
            return Ok(None);
        }
        let Some(bundle) = outputs::bundle(prior)? else { return Ok(None) };
        let Some(replaced) = replaced else { return Ok(Some(bundle)) };
        match authority(&bundle).or(noted) {
            Some(ours) if ours == replaced => Ok(None),
            Some(authority) if self.told(REGENERATE) => Err(SecretsUnitError::Unnamed { authority }.into()),
            _ => {
                cx.gates.events.step("kept", format!("the secrets: their authority is not {replaced} (any more)"));
                Ok(Some(bundle))
            }
        }
    }

    /// A bundle where none is kept: the one that is given, else a new one.
    async fn fresh(&self, inputs: &Inputs, cx: &UnitContext) -> Result<SecretsBundle, UnitError> {
        if let Some(given) = inputs.secrets_yaml.as_ref().filter(|text| !text.expose().trim().is_empty()) {
            let bundle: SecretsBundle = given.expose().parse().map_err(UnitError::from)?;
            cx.gates.events.step("imported", "the secrets bundle that was given");
            return Ok(bundle);
        }
        let contract = Contract::of(&inputs.talos_version)?;
        let act = Act::new("secrets.draw", "bundle");
        if cx.acts.intend(&act).map_err(journal)? != Prior::New {
            cx.gates
                .events
                .warn("an earlier run drew secrets that never reached the state; nothing can have used them");
        }
        let bundle =
            SecretsBundle::draw(contract, self.outside.clock.now(), &mut random(&self.outside, "bundle")).await?;
        let outcome = serde_json::json!({ "authority": authority(&bundle) });
        cx.acts.done(&act, outcome).map_err(journal)?;
        cx.gates.events.step("drew", "the secrets bundle");
        Ok(bundle)
    }
}

fn journal(error: fluxlift_core::ActLogError) -> UnitError {
    UnitError::caused_by("the journal did not take a record", error)
}

/// What the Talos authority is known by.
fn authority(bundle: &SecretsBundle) -> Option<String> {
    let der = pki::certificate_der(&bundle.certs.os.crt, "Talos authority").ok()?;
    public_key_sha256(&der).map(|hash| Fingerprint(hash).to_string())
}

#[async_trait]
impl Unit for Secrets {
    fn keeps_secrets(&self) -> bool {
        true
    }

    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        self.inputs()?;
        let there = cx.prior.as_ref().is_some_and(|prior| prior.outputs.contains_key("secrets_yaml"));
        let Some(bundle) = self.kept(cx)? else {
            let kind = if there { ChangeKind::Replace } else { ChangeKind::Create };
            let why =
                if there { format!("{REGENERATE} asks for new secrets") } else { "there are none yet".to_owned() };
            return Ok(Change::because(kind, [why]));
        };
        let admin = outputs::admin(cx.prior.as_ref());
        match outputs::renewal(&bundle, admin.as_ref(), self.outside.clock.now()) {
            Some(why) => Ok(Change::because(ChangeKind::Update, [why])),
            None => Ok(Change::none()),
        }
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let inputs = self.inputs()?;
        let bundle = match self.kept(cx)? {
            Some(bundle) => bundle,
            None => self.fresh(&inputs, cx).await?,
        };
        let now = self.outside.clock.now();
        let kept = outputs::admin(cx.prior.as_ref());
        let admin = match (outputs::renewal(&bundle, kept.as_ref(), now), kept) {
            (None, Some(admin)) => admin,
            _ => {
                let admin = bundle.admin(now, &mut random(&self.outside, &format!("admin {now}")))?;
                cx.gates.events.step("issued", "the administrator's certificate");
                admin
            }
        };
        let identity = serde_json::json!({ "authority": authority(&bundle) });
        Ok(Applied { outputs: outputs::outputs(&bundle, &admin), identity, shortfall: None })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let there = cx.prior.as_ref().is_some_and(|prior| prior.outputs.contains_key("secrets_yaml"));
        if there && !self.told(DESTROY) {
            return Err(SecretsUnitError::Guarded.into());
        }
        Ok(())
    }

    async fn preflight(&self, cx: &UnitContext) -> Vec<Check> {
        if let Err(error) = self.inputs() {
            return vec![Check { name: "inputs".to_owned(), outcome: Err(chain(&error)) }];
        }
        let found = match outputs::bundle(cx.prior.as_ref()) {
            Err(error) => Err(chain(&error)),
            Ok(None) => Ok("none yet: they will be drawn".to_owned()),
            Ok(Some(bundle)) => {
                let admin = outputs::admin(cx.prior.as_ref());
                match outputs::renewal(&bundle, admin.as_ref(), self.outside.clock.now()) {
                    None => Ok("in the state, whole".to_owned()),
                    Some(why) => Ok(format!("in the state; {why} and will be renewed")),
                }
            }
        };
        vec![Check { name: "Talos secrets".to_owned(), outcome: found }]
    }
}
