//! A tree, a world and units that do what a test tells them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fluxlift_core::{
    Act, ChangeKind, Clock, Deadline, Evidence, Gate, GateName, Observation, Prior, Timestamp, UnitPath, Value, Verdict,
};
use fluxlift_engine::lock::Owner;
use fluxlift_engine::unit::{Applied, Change, Check, Modules, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_engine::{Blueprint, Command, Engine, Evaluated, Home, Node, Outputs};
use fluxlift_gate::{TokioClock, every};

pub(crate) fn unit(name: &str) -> UnitPath {
    UnitPath::new(name).unwrap()
}

/// What a unit does when it is applied.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) needs: Vec<&'static str>,
    pub(crate) takes: Duration,
    /// How long it looks when it is planned.
    pub(crate) looks: Duration,
    pub(crate) acts: Vec<&'static str>,
    pub(crate) fails: Option<&'static str>,
    /// Never sees what it waits for.
    pub(crate) waits_for_ever: bool,
    pub(crate) secret: Option<&'static str>,
    pub(crate) input: &'static str,
    /// The output that its dependents take; made of its path unless it is set.
    pub(crate) id: Option<&'static str>,
    /// Whether it says what an update will leave.
    pub(crate) foretells: bool,
    pub(crate) keep: bool,
    pub(crate) excluded: Option<&'static str>,
    pub(crate) shortfall: Option<&'static str>,
    pub(crate) hooks: Vec<fluxlift_engine::hooks::Hook>,
    /// How often it fails before it succeeds.
    pub(crate) stumbles: u32,
    pub(crate) retries: Vec<fluxlift_engine::run::Retry>,
    /// Whether outputs that are not known are replaced by mocks.
    pub(crate) mocks: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            needs: vec![],
            takes: Duration::from_secs(10),
            looks: Duration::ZERO,
            acts: vec![],
            fails: None,
            waits_for_ever: false,
            secret: None,
            input: "1",
            id: None,
            foretells: true,
            keep: false,
            excluded: None,
            shortfall: None,
            hooks: vec![],
            stumbles: 0,
            retries: vec![],
            mocks: false,
        }
    }
}

/// What exists, and how often each thing was made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct World {
    pub(crate) things: BTreeMap<String, u32>,
    /// The inputs that each unit was made from.
    pub(crate) units: BTreeMap<UnitPath, String>,
}

/// What was going on, in order.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) lines: Vec<String>,
    pub(crate) running: usize,
    pub(crate) most: usize,
}

/// The tree and its modules.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    pub(crate) scripts: BTreeMap<UnitPath, Script>,
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) trace: Arc<Mutex<Trace>>,
    /// Where the tree hangs in the state.
    pub(crate) prefix: &'static str,
}

impl Fake {
    pub(crate) fn tree(scripts: impl IntoIterator<Item = (&'static str, Script)>) -> Self {
        Self { scripts: scripts.into_iter().map(|(name, script)| (unit(name), script)).collect(), ..Self::default() }
    }

    /// Units that need each other in a row, by their names.
    pub(crate) fn chain(names: &[&'static str]) -> Self {
        let needs = |n: usize| if n == 0 { vec![] } else { vec![names[n - 1]] };
        Self::tree(names.iter().enumerate().map(|(n, name)| (*name, Script { needs: needs(n), ..Script::default() })))
    }

    pub(crate) fn script(&mut self, name: &str) -> &mut Script {
        self.scripts.get_mut(&unit(name)).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.trace.lock().unwrap().lines.clone()
    }

    pub(crate) fn world(&self) -> World {
        self.world.lock().unwrap().clone()
    }

    /// The same tree and modules over another world.
    pub(crate) fn over(&self, world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)), trace: Arc::default(), ..self.clone() }
    }

    pub(crate) fn engine(&self, folder: &Path) -> Engine<'_> {
        Engine::new(self, self, Home::at(folder), owner(), clock())
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::starting_at("2026-01-01T00:00:00Z".parse().unwrap()))
}

pub(crate) fn owner() -> Owner {
    Owner {
        pid: 42,
        host: "station".into(),
        user: "ada".into(),
        command: "run-all apply".into(),
        since: Timestamp::UNIX_EPOCH,
    }
}

impl Blueprint for Fake {
    fn nodes(&self) -> Vec<Node> {
        let node = |(path, script): (&UnitPath, &Script)| Node {
            excluded: script.excluded.map(str::to_owned),
            keep: script.keep,
            ..Node::new(path.clone(), script.needs.iter().map(|need| unit(need)))
        };
        self.scripts.iter().map(node).collect()
    }

    fn key(&self, path: &UnitPath) -> UnitPath {
        if self.prefix.is_empty() { path.clone() } else { unit(&format!("{}/{path}", self.prefix)) }
    }

    fn evaluate(&self, path: &UnitPath, _: Command, outputs: &dyn Outputs) -> Result<Evaluated, UnitError> {
        let script = &self.scripts[path];
        let mut inputs = Values::from([("own".to_owned(), Value::from(script.input))]);
        let mut mocked = Vec::new();
        for need in &script.needs {
            let known = outputs.of(&unit(need)).and_then(|o| o.get("id").cloned());
            if known.is_none() && script.mocks {
                mocked.push(unit(need));
            }
            let instead = if script.mocks { Value::from("mock") } else { Value::Unknown };
            let value = known.unwrap_or(instead);
            inputs.insert((*need).to_owned(), value);
        }
        let spec = UnitSpec {
            path: path.clone(),
            dir: path.as_str().into(),
            repo_root: ".".into(),
            module: "fake".into(),
            inputs,
        };
        let (hooks, retries) = (script.hooks.clone(), script.retries.clone());
        Ok(Evaluated { mocked, hooks, retries, ..Evaluated::plain(spec) })
    }
}

impl Modules for Fake {
    fn unit(&self, spec: UnitSpec) -> Result<Box<dyn Unit>, UnitError> {
        let script = self.scripts[&spec.path].clone();
        let inputs = format!("{:?}", Value::Map(spec.inputs));
        Ok(Box::new(FakeUnit { path: spec.path, script, inputs, world: self.world.clone(), trace: self.trace.clone() }))
    }
}

struct FakeUnit {
    path: UnitPath,
    script: Script,
    inputs: String,
    world: Arc<Mutex<World>>,
    trace: Arc<Mutex<Trace>>,
}

/// Counts a unit as running until it is dropped, also when its future is.
struct Running<'a>(&'a FakeUnit);

impl<'a> Running<'a> {
    fn enter(unit: &'a FakeUnit, verb: &str) -> Self {
        let mut trace = unit.trace.lock().unwrap();
        trace.lines.push(format!("{verb} {}", unit.path));
        trace.running += 1;
        trace.most = trace.most.max(trace.running);
        Self(unit)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.trace.lock().unwrap().running -= 1;
    }
}

/// Proven once so many seconds have passed.
struct Elapsed(u64);

impl Gate for Elapsed {
    type Snapshot = u64;
    fn name(&self) -> GateName {
        GateName::new("time has passed")
    }
    fn judge(&self, seen: &Observation<'_, u64>) -> Verdict {
        if *seen.snapshot >= self.0 {
            Verdict::proven(Evidence::new("clock", format!("seconds={}", seen.snapshot)))
        } else {
            Verdict::pending(format!("seconds={}", seen.snapshot))
        }
    }
}

impl FakeUnit {
    async fn wait(&self, cx: &UnitContext) -> Result<(), UnitError> {
        pass(cx, if self.script.waits_for_ever { u64::MAX } else { self.script.takes.as_secs() }).await
    }

    /// Makes a thing, which can't be done twice.
    fn make(&self, name: &str) {
        *self.world.lock().unwrap().things.entry(format!("{}/{name}", self.path)).or_default() += 1;
    }

    /// How often it was applied so far.
    fn tries(&self) -> u32 {
        let line = format!("apply {}", self.path);
        let lines = self.trace.lock().unwrap().lines.iter().filter(|one| **one == line).count();
        u32::try_from(lines).unwrap()
    }

    fn outputs(&self) -> Values {
        let id = self.script.id.map_or_else(|| format!("id-of-{}", self.path), str::to_owned);
        let mut outputs = Values::from([("id".to_owned(), Value::from(id))]);
        if let Some(secret) = self.script.secret {
            outputs.insert("secret".to_owned(), Value::map([("token", Value::from(secret).sensitive())]));
        }
        outputs
    }

    fn exists(&self, name: &str) -> bool {
        self.world.lock().unwrap().things.contains_key(&format!("{}/{name}", self.path))
    }
}

/// Waits until so many seconds have passed.
async fn pass(cx: &UnitContext, needed: u64) -> Result<(), UnitError> {
    let mut seconds = 0;
    let source = every(Duration::from_secs(1), move || {
        let now = seconds;
        seconds += 1;
        async move { Ok(now) }
    });
    cx.gates.prove(&Elapsed(needed), Deadline::minutes(600), source).await?;
    Ok(())
}

#[async_trait]
impl Unit for FakeUnit {
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if !self.script.looks.is_zero() {
            pass(cx, self.script.looks.as_secs()).await?;
        }
        let change = match self.world.lock().unwrap().units.get(&self.path) {
            None => Change::because(ChangeKind::Create, ["it does not exist"]),
            Some(inputs) if *inputs != self.inputs => Change::because(ChangeKind::Update, ["its inputs differ"]),
            Some(_) => return Ok(Change::none()),
        };
        Ok(if self.script.foretells { change.leaving(self.outputs()) } else { change })
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let _running = Running::enter(self, "apply");
        for name in &self.script.acts {
            let act = Act::new("make", *name);
            match cx.acts.intend(&act)? {
                Prior::New => self.make(name),
                Prior::Intended(_) if self.exists(name) => {}
                Prior::Intended(_) => self.make(name),
                Prior::Done(..) => continue,
            }
            cx.acts.done(&act, serde_json::json!({ "made": name }))?;
        }
        self.wait(cx).await?;
        if self.tries() <= self.script.stumbles {
            return Err(UnitError::caused_by("a request failed", std::io::Error::other("TLS handshake timeout")));
        }
        if let Some(why) = self.script.fails {
            return Err(UnitError::new(why));
        }
        self.world.lock().unwrap().units.insert(self.path.clone(), self.inputs.clone());
        Ok(Applied {
            outputs: self.outputs(),
            identity: serde_json::json!({ "uid": self.path.as_str() }),
            shortfall: self.script.shortfall.map(|why| Arc::new(UnitError::new(why))),
        })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let _running = Running::enter(self, "destroy");
        self.wait(cx).await?;
        let mut world = self.world.lock().unwrap();
        world.units.remove(&self.path);
        world.things.retain(|thing, _| !thing.starts_with(&format!("{}/", self.path)));
        Ok(())
    }

    async fn preflight(&self, _: &UnitContext) -> Vec<Check> {
        let outcome =
            if self.inputs.contains("mock") { Err("there is no such address".into()) } else { Ok("200".into()) };
        vec![Check { name: "the token works".into(), outcome }]
    }

    fn keeps_secrets(&self) -> bool {
        self.script.secret.is_some()
    }
}
