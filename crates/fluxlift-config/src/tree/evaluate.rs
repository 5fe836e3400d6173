//! Evaluating one unit with the outputs of those that it depends on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::{UnitPath, Value};

use super::dependency::{OutputSource, WithOutputs};
use super::include::merge_all;
use super::layers::Layer;
use super::opened::Opened;
use super::terraform::{self, ExtraArguments, Generate, Hook, RemoteState, Retry, Said};
use super::{Session, UnitFile, variables};
use crate::error::Outcome;
use crate::eval::convert;

/// A unit with its inputs.
#[derive(Debug, Clone, Default)]
pub struct Evaluated {
    /// The inputs; parts may be sensitive, and unknown before what they need is applied.
    pub inputs: BTreeMap<String, Value>,
    /// The units whose mock outputs were used. What was planned with them must not be applied.
    pub used_mocks: Vec<UnitPath>,
    /// The hooks, those of included files first.
    pub hooks: Vec<Hook>,
    /// Arguments for Terraform.
    pub extra_arguments: Vec<ExtraArguments>,
    /// Files for the module's working folder.
    pub generate: Vec<Generate>,
    /// After which errors the work is tried again.
    pub retries: Vec<Retry>,
    /// Where a Terraform module keeps its state.
    pub remote_state: Option<RemoteState>,
}

pub(super) fn evaluate(
    session: &Session,
    unit: &UnitFile,
    opened: &Opened,
    command: &str,
    outputs: &dyn OutputSource,
) -> Outcome<Evaluated> {
    let mocked = RefCell::new(BTreeSet::new());
    let mut evaluated = Evaluated::default();
    let mut inputs = Vec::new();
    for layer in Layer::of(opened) {
        let names = WithOutputs {
            given: &layer.opened.given,
            dependencies: &unit.dependencies,
            outputs,
            command,
            mocked: &mocked,
        };
        let of_layer = layer.read(session, &names, |reader| {
            let Some(value) = reader.value("inputs")? else { return Ok(Value::Null) };
            match (value.unmarked(), reader.attribute("inputs")) {
                (Value::Map(_) | Value::Unknown, _) | (_, None) => Ok(value),
                (other, Some(attribute)) => {
                    let message = format!("`inputs` must be an object, this is {}", convert::kind(other));
                    Err(reader.e.fault(&attribute.value, message))
                }
            }
        })?;
        inputs.push((of_layer, layer.merge));
        for block in layer.blocks("terraform") {
            layer.read_body(session, &names, &block.body, |reader| {
                for said in terraform::hooks(block, &reader)? {
                    match said {
                        Said::Runs(hook) => {
                            replace(&mut evaluated.hooks, hook, |a, b| a.moment == b.moment && a.name == b.name);
                        }
                        Said::LeftOut(moment, name) => {
                            evaluated.hooks.retain(|hook| hook.moment != moment || hook.name != name);
                        }
                    }
                }
                for arguments in terraform::extra_arguments(block, &reader)? {
                    replace(&mut evaluated.extra_arguments, arguments, |a, b| a.name == b.name);
                }
                Ok(())
            })?;
        }
        for block in layer.blocks("generate") {
            let file = layer.read_body(session, &names, &block.body, |reader| terraform::generate(block, &reader))?;
            replace(&mut evaluated.generate, file, |a, b| a.name == b.name);
        }
        for block in layer.blocks("remote_state") {
            let state =
                layer.read_body(session, &names, &block.body, |reader| terraform::remote_state(block, &reader))?;
            evaluated.remote_state = Some(state);
        }
        for block in layer.blocks("errors") {
            let retries = layer.read_body(session, &names, &block.body, |reader| terraform::retries(block, &reader))?;
            for retry in retries {
                replace(&mut evaluated.retries, retry, |a, b| a.name == b.name);
            }
        }
    }
    evaluated.inputs = spread(merge_all(inputs));
    if unit.module.native().is_some() {
        variables::overlay(session, opened, &mut evaluated.inputs)?;
    }
    evaluated.used_mocks = mocked.into_inner().into_iter().collect();
    Ok(evaluated)
}

/// Puts `item` in the place of the one like it, or at the end.
fn replace<T>(items: &mut Vec<T>, item: T, like: impl Fn(&T, &T) -> bool) {
    match items.iter_mut().find(|one| like(one, &item)) {
        Some(one) => *one = item,
        None => items.push(item),
    }
}

/// The members of `inputs`, each marked when the whole is.
fn spread(inputs: Value) -> BTreeMap<String, Value> {
    match inputs {
        Value::Map(map) => map,
        Value::Sensitive(inner) => spread(*inner).into_iter().map(|(k, v)| (k, v.sensitive())).collect(),
        _ => BTreeMap::new(),
    }
}
