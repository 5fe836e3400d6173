//! The judgement of a sight: verdicts, root causes, and what they come to.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use serde::Serialize;

use super::command;
use super::look::Sight;
use super::row::Row;
use crate::diagnosis::{Cause, Root, Standing, Subject, diagnose};
use crate::kinds::NAMESPACE;

/// The status of a cluster: the document that `status -o json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What it comes to.
    pub summary: Summary,
    /// Every object, in the order of the chain.
    pub objects: Vec<Row>,
}

/// What a status comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// When it was seen.
    pub at: Timestamp,
    /// Whether all that is judged is proven, and all could be read.
    pub converged: bool,
    /// How many objects there are.
    pub total: usize,
    /// How many are Ready at their generation.
    pub proven: usize,
    /// How many may come by themselves.
    pub pending: usize,
    /// How many waiting will not help.
    pub stuck: usize,
    /// How many are not judged: suspended, or never reconciled by design.
    pub unjudged: usize,
    /// The same for each layer of the chain.
    pub layers: Vec<Layer>,
    /// What holds objects up, the one that holds most first.
    pub root_causes: Vec<RootCause>,
    /// What could not be read for want of permission, and is not in any count.
    pub unread: Vec<String>,
}

/// One layer of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// `operator`, `instance`, `controllers`, `sources`, `kustomizations` or `releases`.
    pub layer: &'static str,
    /// How many objects there are.
    pub total: usize,
    /// How many are Ready at their generation.
    pub proven: usize,
    /// How many may come by themselves.
    pub pending: usize,
    /// How many waiting will not help.
    pub stuck: usize,
    /// How many are not judged.
    pub unjudged: usize,
}

/// Something that holds objects up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootCause {
    /// The object, and what is the matter with it.
    pub root_cause: String,
    /// How many objects it holds up, itself included where it is one of them.
    pub holds: usize,
    /// The one command that helps.
    pub hint: String,
}

impl Report {
    /// Judges what was seen; only the objects in `namespace`, where one is named. The edges lead out of it all the same.
    pub fn of(sight: &Sight, namespace: Option<&str>) -> Self {
        let mut layers: Vec<(&'static str, Vec<Row>)> = vec![
            ("operator", sight.chain.operator(sight.at).into_iter().collect()),
            ("instance", sight.chain.instance_row(sight.at).into_iter().collect()),
            ("controllers", sight.chain.controllers(sight.at)),
            ("sources", Vec::new()),
            ("kustomizations", Vec::new()),
            ("releases", Vec::new()),
        ];
        for subject in sight.scene.subjects() {
            let layer = match subject.place.kind {
                "HelmRelease" => 5,
                "Kustomization" => 4,
                _ => 3,
            };
            if namespace.is_none_or(|namespace| subject.place.namespace == namespace) {
                layers[layer].1.push(row(sight, subject));
            }
        }
        if sight.chain.has_sync() && sight.scene.subjects().all(|subject| subject.place.kind != "Kustomization") {
            layers[4].1.push(undelivered());
        }
        Self::put_together(sight, layers)
    }

    fn put_together(sight: &Sight, layers: Vec<(&'static str, Vec<Row>)>) -> Self {
        let count = |rows: &[Row], standing| rows.iter().filter(|row| row.standing() == standing).count();
        let layer = |(layer, rows): &(&'static str, Vec<Row>)| Layer {
            layer,
            total: rows.len(),
            proven: count(rows, Standing::Proven),
            pending: count(rows, Standing::Pending),
            stuck: count(rows, Standing::Stuck),
            unjudged: count(rows, Standing::Unjudged),
        };
        let counted: Vec<Layer> = layers.iter().map(layer).collect();
        let objects: Vec<Row> = layers.into_iter().flat_map(|(_, rows)| rows).collect();
        let sum = |of: fn(&Layer) -> usize| counted.iter().map(of).sum::<usize>();
        let (pending, stuck) = (sum(|layer| layer.pending), sum(|layer| layer.stuck));
        let summary = Summary {
            at: sight.at,
            // What was not read may be anything.
            converged: pending + stuck == 0 && sight.unread.is_empty(),
            total: objects.len(),
            proven: sum(|layer| layer.proven),
            pending,
            stuck,
            unjudged: sum(|layer| layer.unjudged),
            root_causes: root_causes(&objects),
            unread: sight.unread.clone(),
            layers: counted,
        };
        Self { summary, objects }
    }

    /// Whether `later` says anything else than this, the passing of time aside.
    pub fn differs(&self, later: &Self) -> bool {
        let lasting = |row: &Row| Row { for_seconds: None, ..row.clone() };
        self.objects.len() != later.objects.len()
            || self.objects.iter().zip(&later.objects).any(|(one, other)| lasting(one) != lasting(other))
    }

    /// The objects that stand like that, in the order of the chain.
    pub fn standing(&self, standing: Standing) -> impl Iterator<Item = &Row> {
        self.objects.iter().filter(move |row| row.standing() == standing)
    }
}

fn row(sight: &Sight, subject: &Subject) -> Row {
    let found = diagnose(&sight.scene, subject, sight.at);
    let mut row = Row::of(&subject.place, &found).since(found.since, sight.at);
    if matches!(row.standing(), Standing::Pending | Standing::Stuck) {
        let root = sight.scene.root(subject, &found, sight.at);
        row.seen = Some(subject.seen());
        row.hint = Some(command::of_root(&root));
        row.root_cause = Some(match &root {
            Root::Object(place, found) => format!("{place} {}", found.cause),
            Root::Controller(deployment) => match &found.cause {
                Cause::Unattended { why, .. } => format!("deployment/{NAMESPACE}/{deployment}: {why}"),
                _ => format!("deployment/{NAMESPACE}/{deployment}"),
            },
        });
    }
    row
}

/// The instance follows something, and nothing follows from it.
fn undelivered() -> Row {
    let why = "the FluxInstance has a sync, and there is no Kustomization";
    Row::unmet("Kustomization", NAMESPACE, NAMESPACE, "Missing", why)
        .helped(Standing::Pending, format!("kubectl describe -n {NAMESPACE} fluxinstance/flux"))
}

fn root_causes(objects: &[Row]) -> Vec<RootCause> {
    let mut held: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for row in objects {
        if let (Some(root_cause), Some(hint)) = (&row.root_cause, &row.hint) {
            *held.entry((root_cause, hint)).or_default() += 1;
        }
    }
    let cause = |((root_cause, hint), holds): ((&str, &str), usize)| RootCause {
        root_cause: root_cause.to_owned(),
        holds,
        hint: hint.to_owned(),
    };
    let mut causes: Vec<RootCause> = held.into_iter().map(cause).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.holds));
    causes
}
