//! The tree, as the engine wants to see it.

use std::collections::BTreeMap;

use fluxlift_config::{ConfigError, Environment, Exclude, HookMoment, ModuleRef, OutputSource, Tree, UnitFile};
use fluxlift_core::{Secret, UnitPath, Value};
use fluxlift_engine::hooks::{Hook, Moment};
use fluxlift_engine::run::Retry;
use fluxlift_engine::unit::{UnitError, UnitSpec};
use fluxlift_engine::{Blueprint, Command, Evaluated, Node, Outputs};
use regex::Regex;

use crate::args::Scope;
use crate::ui::Failure;

/// A loaded tree for one command.
#[derive(Debug)]
pub struct TreeBlueprint {
    tree: Tree,
    command: String,
    scope: Scope,
    env: Environment,
}

impl TreeBlueprint {
    /// `tree`, for doing `command` to one unit or to all. Hooks get the variables of `env`.
    pub fn new(tree: Tree, command: &str, scope: Scope, env: Environment) -> Self {
        Self { tree, command: command.to_owned(), scope, env }
    }

    /// The tree itself.
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Why `unit` takes no part, if it takes none.
    fn excluded(&self, unit: &UnitFile) -> Option<String> {
        let covers = |exclude: &Exclude| exclude.covers(&self.command) && (self.scope == Scope::All || exclude.no_run);
        let because_of = |other: &&UnitFile| {
            other.exclude.as_ref().is_some_and(|e| e.dependencies && covers(e))
                && other.edges.iter().any(|edge| edge.to == unit.path)
        };
        if unit.skip {
            return Some("skip is set".to_owned());
        }
        if unit.exclude.as_ref().is_some_and(covers) {
            return Some(format!("exclude covers {}", self.command));
        }
        if let Some(other) = self.tree.units().values().find(because_of) {
            return Some(format!("{} excludes what it needs", other.path));
        }
        (unit.module == ModuleRef::None).then(|| "it has no terraform source".to_owned())
    }

    fn hook(&self, unit: &UnitFile, command: Command, hook: fluxlift_config::Hook) -> Result<Hook, UnitError> {
        let module = match &unit.module {
            ModuleRef::Native { dir, .. } | ModuleRef::Terraform { dir, .. } => dir.as_ref(),
            ModuleRef::None => None,
        };
        let dir = module.unwrap_or(&unit.dir);
        let mut env: BTreeMap<String, Secret<String>> =
            self.env.vars.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
        for (name, value) in
            [("TG_CTX_COMMAND", command.as_str()), ("TG_CTX_HOOK_NAME", &hook.name), ("TG_CTX_TF_PATH", "fluxlift")]
        {
            env.insert(name.to_owned(), Secret::new(value.to_owned()));
        }
        let for_errors = patterns(&hook.on_errors, || format!("on_errors of hook {} in {}", hook.name, unit.path))?;
        Ok(Hook {
            moment: match hook.moment {
                HookMoment::Before => Moment::Before,
                HookMoment::After => Moment::After,
                HookMoment::Error => Moment::Error,
            },
            execute: hook.execute.iter().map(|word| Secret::new(word.clone())).collect(),
            dir: hook.working_dir.as_ref().map_or_else(|| dir.clone(), |below| dir.join(below)),
            env,
            also_after_failure: hook.run_on_error,
            for_errors,
            // What a hook prints may repeat the secrets that it was given.
            silent: hook.suppress_stdout || hook.sensitive,
            known: hook.known,
            name: hook.name,
        })
    }
}

impl Blueprint for TreeBlueprint {
    fn nodes(&self) -> Vec<Node> {
        let graph = self.tree.graph();
        let node = |unit: &UnitFile| Node {
            excluded: self.excluded(unit),
            keep: unit.prevent_destroy,
            ..Node::new(unit.path.clone(), graph.dependencies_of(&unit.path).cloned())
        };
        self.tree.units().values().map(node).collect()
    }

    fn key(&self, unit: &UnitPath) -> UnitPath {
        self.tree.key_of(unit)
    }

    fn evaluate(&self, path: &UnitPath, command: Command, outputs: &dyn Outputs) -> Result<Evaluated, UnitError> {
        let unit = self.tree.unit(path)?;
        let evaluated = self.tree.inputs(path, command.as_str(), &FromState(outputs)).map_err(unit_error)?;
        let module = match &unit.module {
            ModuleRef::Native { name, .. } => name.clone(),
            ModuleRef::Terraform { source, .. } => {
                return Err(UnitError::new(format!("{path} runs {source}, which is not a native module")).with_hint(
                    "name a native module for it in the tree's fluxlift.hcl: modules = { \"<source>\" = \"<native>\" }",
                ));
            }
            ModuleRef::None => return Err(UnitError::new(format!("{path} has no terraform source"))),
        };
        let meant = |hook: &fluxlift_config::Hook| hook.commands.iter().any(|one| one == command.as_str());
        let hooks = evaluated.hooks.into_iter().filter(meant).map(|hook| self.hook(unit, command, hook));
        let hooks = hooks.collect::<Result<_, _>>()?;
        let spec = UnitSpec {
            path: path.clone(),
            dir: unit.dir.clone(),
            repo_root: self.tree.repo_root().to_owned(),
            module,
            inputs: evaluated.inputs,
        };
        let retries = evaluated.retries.into_iter().map(|one| retry(path, one)).collect::<Result<_, _>>()?;
        Ok(Evaluated { spec, mocked: evaluated.used_mocks, hooks, retries })
    }
}

fn retry(unit: &UnitPath, retry: fluxlift_config::Retry) -> Result<Retry, UnitError> {
    let errors = patterns(&retry.errors, || format!("retryable_errors of retry {} in {unit}", retry.name))?;
    Ok(Retry { errors, name: retry.name, attempts: retry.max_attempts, pause: retry.pause })
}

/// The regular expressions in `texts`, which are written at `place`.
fn patterns(texts: &[String], place: impl Fn() -> String) -> Result<Vec<Regex>, UnitError> {
    let pattern = |text: &String| {
        Regex::new(text)
            .map_err(|error| UnitError::caused_by(format!("{} holds no regular expression", place()), error))
    };
    texts.iter().map(pattern).collect()
}

/// The engine's outputs, for the evaluator.
struct FromState<'a>(&'a dyn Outputs);

impl OutputSource for FromState<'_> {
    fn outputs(&self, unit: &UnitPath) -> Option<BTreeMap<String, Value>> {
        self.0.of(unit)
    }
}

fn unit_error(error: ConfigError) -> UnitError {
    match error {
        ConfigError::Invalid(diagnostics) if !diagnostics.is_empty() => UnitError::at(diagnostics),
        other => other.into(),
    }
}

/// A configuration error with its snippets.
pub fn invalid(error: ConfigError) -> Failure {
    match error {
        ConfigError::Invalid(diagnostics) if !diagnostics.is_empty() => Failure::at(diagnostics),
        other => other.into(),
    }
}
