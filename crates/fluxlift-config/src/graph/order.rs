//! The graph of units.

use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::UnitPath;

use crate::UnitFile;

/// The units of a run and what each needs. It has no cycles.
///
/// Units outside the working folder are not part of it: they are assumed to be applied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    needs: BTreeMap<UnitPath, BTreeSet<UnitPath>>,
}

impl Graph {
    /// The graph of `units`.
    ///
    /// # Errors
    /// A ring of units that need each other, the first repeated at the end.
    pub(crate) fn of(units: &BTreeMap<UnitPath, UnitFile>) -> Result<Self, Vec<UnitPath>> {
        let inner = |unit: &UnitFile| {
            unit.edges.iter().map(|edge| edge.to.clone()).filter(|to| units.contains_key(to)).collect()
        };
        Self::new(units.iter().map(|(path, unit)| (path.clone(), inner(unit))).collect())
    }

    /// A graph from what each unit needs.
    ///
    /// # Errors
    /// A ring of units that need each other, the first repeated at the end.
    pub fn new(needs: BTreeMap<UnitPath, BTreeSet<UnitPath>>) -> Result<Self, Vec<UnitPath>> {
        let graph = Self { needs };
        match graph.ring() {
            Some(ring) => Err(ring),
            None => Ok(graph),
        }
    }

    /// All units, by path.
    pub fn units(&self) -> impl Iterator<Item = &UnitPath> {
        self.needs.keys()
    }

    /// What `unit` needs directly, by path.
    pub fn dependencies_of(&self, unit: &UnitPath) -> impl Iterator<Item = &UnitPath> {
        self.needs.get(unit).into_iter().flatten()
    }

    /// The levels: a unit is on the first one where all that it needs came before. Within a level by path.
    pub fn levels(&self) -> Vec<Vec<UnitPath>> {
        let mut levels: Vec<Vec<UnitPath>> = Vec::new();
        let mut done: BTreeSet<&UnitPath> = BTreeSet::new();
        while done.len() < self.needs.len() {
            let ready = |(path, needs): &(&UnitPath, &BTreeSet<UnitPath>)| {
                !done.contains(path) && needs.iter().all(|need| done.contains(need))
            };
            let level: Vec<&UnitPath> = self.needs.iter().filter(ready).map(|(path, _)| path).collect();
            if level.is_empty() {
                break;
            }
            done.extend(&level);
            levels.push(level.into_iter().cloned().collect());
        }
        levels
    }

    /// All units in an order in which they can run one after the other: level by level.
    pub fn order(&self) -> Vec<UnitPath> {
        self.levels().into_iter().flatten().collect()
    }

    fn ring(&self) -> Option<Vec<UnitPath>> {
        let mut done = BTreeSet::new();
        for start in self.needs.keys() {
            // An explicit stack: each entry is a unit and what is left to look at of what it needs.
            let mut path: Vec<(&UnitPath, Vec<&UnitPath>)> = vec![(start, self.dependencies_of(start).collect())];
            while let Some((unit, rest)) = path.last_mut() {
                let unit = *unit;
                match rest.pop() {
                    None => {
                        done.insert(unit);
                        path.pop();
                    }
                    Some(next) if done.contains(next) => {}
                    Some(next) => {
                        if let Some(first) = path.iter().position(|(one, _)| *one == next) {
                            let ring = path[first..].iter().map(|(one, _)| *one).chain([next]);
                            return Some(ring.cloned().collect());
                        }
                        path.push((next, self.dependencies_of(next).collect()));
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(name: &str) -> UnitPath {
        UnitPath::new(name).unwrap()
    }

    fn graph(edges: &[(&str, &[&str])]) -> Result<Graph, Vec<UnitPath>> {
        Graph::new(edges.iter().map(|(from, to)| (unit(from), to.iter().map(|t| unit(t)).collect())).collect())
    }

    fn names(units: &[UnitPath]) -> String {
        units.iter().map(UnitPath::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn levels_are_alphabetical_and_come_after_what_they_need() {
        let graph = graph(&[("c", &["a", "b"]), ("b", &[]), ("a", &[]), ("d", &["c"])]).unwrap();
        let levels: Vec<String> = graph.levels().iter().map(|level| names(level)).collect();
        assert_eq!(levels, ["a b", "c", "d"]);
    }

    #[test]
    fn a_ring_is_found_and_told_in_order() {
        let ring = graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]).unwrap_err();
        assert_eq!(names(&ring), "b c b");
        assert_eq!(names(&graph(&[("a", &["a"])]).unwrap_err()), "a a");
    }

    proptest! {
        #[test]
        fn every_unit_comes_after_what_it_needs(edges in prop::collection::vec((0u8..12, 0u8..12), 0..40)) {
            let mut needs: BTreeMap<UnitPath, BTreeSet<UnitPath>> =
                (0..12).map(|i| (unit(&format!("u{i:02}")), BTreeSet::new())).collect();
            // Edges from higher to lower numbers only: no ring is possible.
            for (a, b) in edges.iter().filter(|(a, b)| a > b) {
                needs.get_mut(&unit(&format!("u{a:02}"))).unwrap().insert(unit(&format!("u{b:02}")));
            }
            let graph = Graph::new(needs).unwrap();
            let order = graph.order();
            prop_assert_eq!(order.len(), 12);
            for (i, one) in order.iter().enumerate() {
                prop_assert!(graph.dependencies_of(one).all(|need| order[..i].contains(need)));
            }
        }
    }
}
