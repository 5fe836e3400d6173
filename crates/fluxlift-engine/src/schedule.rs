//! Which unit may start next: pure, without time and without the world.

use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::{Explain, Hint, UnitPath};
use thiserror::Error;

use crate::{Command, Node};

/// A tree whose units can't be put in order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// Units need each other in a circle.
    #[error("the units need each other in a circle: {}", loop_of(.0))]
    Cycle(Vec<UnitPath>),
    /// A unit needs one that is not in the tree.
    #[error("{unit} needs {missing}, which is not a unit of this tree")]
    Missing {
        /// The unit.
        unit: UnitPath,
        /// What it needs.
        missing: UnitPath,
    },
    /// The unit named by `--until` is not in the tree.
    #[error("there is no unit {0} in this tree")]
    NoSuchUnit(UnitPath),
}

fn loop_of(path: &[UnitPath]) -> String {
    path.iter().chain(path.first()).map(UnitPath::as_str).collect::<Vec<_>>().join(" -> ")
}

impl Explain for ScheduleError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Cycle(_) => vec![Hint::new("take one of these edges away")],
            Self::Missing { .. } => vec![],
            Self::NoSuchUnit(_) => vec![Hint::new("list the units with `fluxlift graph`")],
        }
    }
}

/// The units of a run and what each still waits for.
///
/// A unit waits, then it runs, then it has ended; ended units leave the schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    order: Vec<UnitPath>,
    waits_for: BTreeMap<UnitPath, BTreeSet<UnitPath>>,
    needed_by: BTreeMap<UnitPath, BTreeSet<UnitPath>>,
}

impl Schedule {
    /// The schedule of `nodes` for `command`; with `until`, of that unit and all it needs.
    ///
    /// Destroying turns the edges around: what needs a unit goes before it.
    ///
    /// # Errors
    /// When an edge leads nowhere or in a circle, or `until` is not a unit.
    pub fn new(nodes: &[Node], command: Command, until: Option<&UnitPath>) -> Result<Self, ScheduleError> {
        let mut needs: BTreeMap<UnitPath, BTreeSet<UnitPath>> =
            nodes.iter().map(|node| (node.path.clone(), node.needs.clone())).collect();
        for (unit, wanted) in &needs {
            if let Some(missing) = wanted.iter().find(|w| !needs.contains_key(*w)) {
                return Err(ScheduleError::Missing { unit: unit.clone(), missing: missing.clone() });
            }
        }
        if command == Command::Destroy {
            needs = turned_around(&needs);
        }
        if let Some(until) = until {
            needs = closure(&needs, until)?;
        }
        let needed_by = turned_around(&needs);
        let order = in_order(&needs)?;
        Ok(Self { order, waits_for: needs, needed_by })
    }

    /// All units in the order of their levels, alphabetically within a level.
    pub fn order(&self) -> &[UnitPath] {
        &self.order
    }

    /// The units that wait for nothing, in alphabetical order.
    pub fn ready(&self) -> Vec<UnitPath> {
        self.waits_for.iter().filter(|(_, waits)| waits.is_empty()).map(|(unit, _)| unit.clone()).collect()
    }

    /// The units that have not been started, in order.
    pub fn left(&self) -> impl Iterator<Item = &UnitPath> {
        self.order.iter().filter(|unit| self.waits_for.contains_key(*unit))
    }

    /// All that needs `unit`, near or far.
    pub fn dependents(&self, unit: &UnitPath) -> BTreeSet<UnitPath> {
        let mut found = BTreeSet::new();
        let mut next = vec![unit];
        while let Some(from) = next.pop() {
            next.extend(self.needed_by.get(from).into_iter().flatten().filter(|to| found.insert((*to).clone())));
        }
        found
    }

    /// `unit` runs now.
    pub fn start(&mut self, unit: &UnitPath) {
        self.waits_for.remove(unit);
    }

    /// `unit` ended well: what needs it waits for one thing less.
    pub fn succeed(&mut self, unit: &UnitPath) {
        self.waits_for.remove(unit);
        for dependent in self.needed_by.get(unit).into_iter().flatten() {
            if let Some(waits) = self.waits_for.get_mut(dependent) {
                waits.remove(unit);
            }
        }
    }

    /// `unit` ended badly: all that needs it, near or far, leaves the schedule. Gives them in order.
    pub fn fail(&mut self, unit: &UnitPath) -> Vec<UnitPath> {
        self.waits_for.remove(unit);
        let mut lost = self.dependents(unit);
        lost.retain(|unit| self.waits_for.remove(unit).is_some());
        self.order.iter().filter(|unit| lost.contains(*unit)).cloned().collect()
    }

    /// Takes every unit that still waits out of the schedule and gives them in order.
    pub fn drain(&mut self) -> Vec<UnitPath> {
        let waiting = std::mem::take(&mut self.waits_for);
        self.order.iter().filter(|unit| waiting.contains_key(*unit)).cloned().collect()
    }
}

fn turned_around(needs: &BTreeMap<UnitPath, BTreeSet<UnitPath>>) -> BTreeMap<UnitPath, BTreeSet<UnitPath>> {
    let mut turned: BTreeMap<UnitPath, BTreeSet<UnitPath>> =
        needs.keys().map(|unit| (unit.clone(), BTreeSet::new())).collect();
    for (unit, wanted) in needs {
        for need in wanted {
            turned.entry(need.clone()).or_default().insert(unit.clone());
        }
    }
    turned
}

fn closure(
    needs: &BTreeMap<UnitPath, BTreeSet<UnitPath>>,
    until: &UnitPath,
) -> Result<BTreeMap<UnitPath, BTreeSet<UnitPath>>, ScheduleError> {
    let mut kept = BTreeMap::new();
    let mut next = vec![until.clone()];
    while let Some(unit) = next.pop() {
        let wanted = needs.get(&unit).ok_or_else(|| ScheduleError::NoSuchUnit(unit.clone()))?;
        if kept.insert(unit, wanted.clone()).is_none() {
            next.extend(wanted.iter().cloned());
        }
    }
    Ok(kept)
}

fn in_order(needs: &BTreeMap<UnitPath, BTreeSet<UnitPath>>) -> Result<Vec<UnitPath>, ScheduleError> {
    let mut left = needs.clone();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let level: Vec<UnitPath> =
            left.iter().filter(|(_, waits)| waits.is_empty()).map(|(unit, _)| unit.clone()).collect();
        if level.is_empty() {
            return Err(ScheduleError::Cycle(a_cycle_in(&left)));
        }
        for unit in &level {
            left.remove(unit);
        }
        for waits in left.values_mut() {
            waits.retain(|need| !level.contains(need));
        }
        order.extend(level);
    }
    Ok(order)
}

/// Follows first needs until a unit comes again. Every unit in `left` has a need in `left`, so one does.
fn a_cycle_in(left: &BTreeMap<UnitPath, BTreeSet<UnitPath>>) -> Vec<UnitPath> {
    let mut path: Vec<UnitPath> = Vec::new();
    let mut at = left.keys().next();
    while let Some(unit) = at {
        if let Some(start) = path.iter().position(|seen| seen == unit) {
            return path.split_off(start);
        }
        path.push(unit.clone());
        at = left.get(unit).and_then(|waits| waits.first());
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(name: &str) -> UnitPath {
        UnitPath::new(name).unwrap()
    }

    fn nodes(edges: &[(&str, &[&str])]) -> Vec<Node> {
        edges.iter().map(|(name, needs)| Node::new(unit(name), needs.iter().map(|n| unit(n)))).collect()
    }

    fn names(units: &[UnitPath]) -> Vec<&str> {
        units.iter().map(UnitPath::as_str).collect()
    }

    fn diamond() -> Vec<Node> {
        nodes(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"]), ("x", &[])])
    }

    #[test]
    fn levels_run_in_order_and_alphabetically_within_a_level() {
        let schedule = Schedule::new(&diamond(), Command::Apply, None).unwrap();
        assert_eq!(names(schedule.order()), ["a", "x", "b", "c", "d"]);
        assert_eq!(names(&schedule.ready()), ["a", "x"]);
    }

    #[test]
    fn destroying_turns_the_edges_around() {
        let schedule = Schedule::new(&diamond(), Command::Destroy, None).unwrap();
        assert_eq!(names(schedule.order()), ["d", "x", "b", "c", "a"]);
    }

    #[test]
    fn until_keeps_a_unit_and_all_it_needs() {
        let schedule = Schedule::new(&diamond(), Command::Apply, Some(&unit("b"))).unwrap();
        assert_eq!(names(schedule.order()), ["a", "b"]);
        let schedule = Schedule::new(&diamond(), Command::Destroy, Some(&unit("b"))).unwrap();
        assert_eq!(names(schedule.order()), ["d", "b"]);
    }

    #[test]
    fn a_failure_takes_all_descendants_out_and_nothing_else() {
        let mut schedule = Schedule::new(&diamond(), Command::Apply, None).unwrap();
        schedule.start(&unit("a"));
        schedule.succeed(&unit("a"));
        schedule.start(&unit("b"));
        assert_eq!(names(&schedule.fail(&unit("b"))), ["d"]);
        assert_eq!(names(&schedule.ready()), ["c", "x"]);
    }

    #[test]
    fn a_circle_is_printed_as_a_loop() {
        let error = Schedule::new(&nodes(&[("a", &["c"]), ("b", &["a"]), ("c", &["b"])]), Command::Apply, None);
        assert_eq!(error.unwrap_err().to_string(), "the units need each other in a circle: a -> c -> b -> a");
    }

    #[test]
    fn an_edge_that_leads_nowhere_names_both_ends() {
        let error = Schedule::new(&nodes(&[("a", &["zz"])]), Command::Apply, None).unwrap_err();
        assert_eq!(error.to_string(), "a needs zz, which is not a unit of this tree");
    }

    proptest! {
        #[test]
        fn every_unit_runs_once_and_after_what_it_needs(edges in prop::collection::vec((0..12usize, 0..12usize), 0..40)) {
            // Edges from higher to lower numbers only: no circles.
            let all: Vec<Node> = (0..12)
                .map(|n| Node::new(unit(&format!("u{n:02}")), edges.iter().filter(|(a, b)| *a == n && b < a).map(|(_, b)| unit(&format!("u{b:02}")))))
                .collect();
            let mut schedule = Schedule::new(&all, Command::Apply, None).unwrap();
            let mut done: Vec<UnitPath> = Vec::new();
            while let Some(next) = schedule.ready().into_iter().next() {
                let needs = &all.iter().find(|n| n.path == next).unwrap().needs;
                prop_assert!(needs.iter().all(|need| done.contains(need)));
                schedule.start(&next);
                schedule.succeed(&next);
                done.push(next);
            }
            prop_assert_eq!(done.len(), 12);
        }
    }
}
