//! One of the two servers, with what was seen of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use fluxlift_e2e::history;
use fluxlift_e2e::likeness::script::{Act, Ask, Condition, filled};
use fluxlift_e2e::likeness::{Normaliser, place};
use fluxlift_e2e::patience::{Seen, until};
use fluxlift_sim::Datacenter;
use serde_json::{Value, json};

use super::exchange::Exchange;
use crate::bench::Broken;

/// How long something may take to come about.
const LIMIT: Duration = Duration::from_secs(30);

/// Where a server keeps what happened.
#[derive(Clone)]
pub(super) enum Past {
    /// In etcd.
    Etcd(SocketAddr),
    /// In the simulated world.
    World(Datacenter),
}

/// A server that is asked.
pub(super) struct Side {
    exchange: Exchange,
    normaliser: Normaliser,
    past: Past,
    /// The kept values.
    words: BTreeMap<String, String>,
    /// The body of the last answer, as it came.
    last: Value,
}

impl Side {
    /// A server of which nothing was seen yet.
    pub(super) const fn new(exchange: Exchange, normaliser: Normaliser, past: Past) -> Self {
        Self { exchange, normaliser, past, words: BTreeMap::new(), last: Value::Null }
    }

    /// Makes the topic's namespace, and waits until it has what every namespace gets.
    pub(super) async fn enter(&mut self, topic: &str) -> Result<(), Broken> {
        let name = format!("likeness-{topic}");
        let ask = Ask {
            method: "POST",
            path: "/api/v1/namespaces".to_owned(),
            headers: BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]),
            body: json!({"metadata": {"name": name}}).to_string(),
        };
        self.perform(&Act::Ask(ask)).await?;
        for given in ["serviceaccounts/default", "configmaps/kube-root-ca.crt"] {
            let path = format!("/api/v1/namespaces/{name}/{given}");
            let condition = Condition::Has("/metadata".to_owned());
            self.perform(&Act::Until { path, headers: BTreeMap::new(), condition }).await?;
        }
        Ok(())
    }

    /// Does one step; what came of it can be compared.
    pub(super) async fn perform(&mut self, act: &Act) -> Result<Value, Broken> {
        let answer = match act {
            Act::Ask(ask) => self.exchange.ask(ask, &self.words).await?,
            Act::Watch { events, path, accept } => {
                self.exchange.watch(&filled(path, &self.words), accept.as_deref(), *events).await?
            }
            Act::Until { path, headers, condition } => return self.until(path, headers, condition).await,
            Act::Keep { name, place } => return Ok(self.keep(name, place)),
            Act::Forget => return self.forget().await,
        };
        self.last = answer["body"].clone();
        Ok(self.normaliser.normal(&answer))
    }

    fn keep(&mut self, name: &str, place: &str) -> Value {
        let value = match place::find(&self.last, place) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let answer = json!({"keeps something": !value.is_empty()});
        self.words.insert(name.to_owned(), value);
        answer
    }

    async fn until(
        &mut self,
        path: &str,
        headers: &BTreeMap<String, String>,
        condition: &Condition,
    ) -> Result<Value, Broken> {
        let ask = Ask { method: "GET", path: path.to_owned(), headers: headers.clone(), body: String::new() };
        let (exchange, words) = (&self.exchange, &self.words);
        let seen = until(path, LIMIT, async || match exchange.ask(&ask, words).await {
            Ok(answer) if holds(condition, &answer) => Seen::There(Ok(answer)),
            Ok(answer) => Seen::NotYet(answer.to_string()),
            Err(broken) => Seen::There(Err(broken)),
        })
        .await;
        // What never comes about on one side alone is a difference like any other.
        let Ok(seen) = seen else { return Ok(json!({"came about": false})) };
        // It may have changed in ways that depend on when one looks.
        self.normaliser.normal(&seen?["body"]);
        Ok(json!({"came about": true}))
    }

    async fn forget(&self) -> Result<Value, Broken> {
        match &self.past {
            Past::Etcd(etcd) => history::forget(*etcd).await?,
            Past::World(datacenter) => datacenter.with(|world| world.kube.api.compact()),
        }
        Ok(Value::Null)
    }
}

fn holds(condition: &Condition, answer: &Value) -> bool {
    let (there, body) = (answer["code"] == 200, &answer["body"]);
    match condition {
        Condition::Gone => answer["code"] == 404,
        Condition::Has(place) => there && place::find(body, place).is_some(),
        Condition::HasNot(place) => there && place::find(body, place).is_none(),
        Condition::Is(place, wanted) => {
            there && place::find(body, place).is_some_and(|found| found.as_str() == Some(wanted.as_str()))
        }
    }
}
