//! Two documents, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use super::place::{below, names};

/// How the sim differs from the real program in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The sim lacks what is there.
    Lacks,
    /// The sim adds what is not there.
    Adds,
    /// Both say something, and not the same.
    Differs,
}

impl How {
    /// The word for it, from the sim's side.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lacks => "lacks",
            Self::Adds => "adds",
            Self::Differs => "differs",
        }
    }

    /// The one that `word` stands for.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Lacks, Self::Adds, Self::Differs].into_iter().find(|how| how.word() == word)
    }
}

/// One place in which two documents are not alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where.
    pub place: String,
    /// How.
    pub how: How,
    /// What the real program says there.
    pub real: Value,
    /// What the sim says there.
    pub sim: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "/" } else { &self.place };
        match self.how {
            How::Lacks => write!(f, "{place}: the sim lacks {}", self.real),
            How::Adds => write!(f, "{place}: the sim adds {}", self.sim),
            How::Differs => write!(f, "{place}: really {}, in the sim {}", self.real, self.sim),
        }
    }
}

/// Where `real` and `sim` are not alike: the smallest places, in the order of the document.
pub fn differences(real: &Value, sim: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", real, sim, &mut found);
    found
}

fn compare(place: &str, real: &Value, sim: &Value, found: &mut Vec<Difference>) {
    match (real, sim) {
        (Value::Object(real), Value::Object(sim)) => maps(place, real, sim, found),
        (Value::Array(real), Value::Array(sim)) => lists(place, real, sim, found),
        _ if real == sim => {}
        _ => found.push(difference(place, How::Differs, Some(real), Some(sim))),
    }
}

fn maps(place: &str, real: &Map<String, Value>, sim: &Map<String, Value>, found: &mut Vec<Difference>) {
    let all: BTreeSet<&String> = real.keys().chain(sim.keys()).collect();
    for name in all {
        pair(&below(place, name), real.get(name), sim.get(name), found);
    }
}

fn lists(place: &str, real: &[Value], sim: &[Value], found: &mut Vec<Difference>) {
    let Some([real_names, sim_names]) = names([real, sim]) else {
        for index in 0..real.len().max(sim.len()) {
            pair(&below(place, &index.to_string()), real.get(index), sim.get(index), found);
        }
        return;
    };
    let of = |items, names: &[String]| -> BTreeMap<String, &Value> { names.iter().cloned().zip(items).collect() };
    let (by_real, by_sim) = (of(real, &real_names), of(sim, &sim_names));
    for name in by_real.keys().chain(by_sim.keys().filter(|name| !by_real.contains_key(*name))) {
        pair(&below(place, name), by_real.get(name).copied(), by_sim.get(name).copied(), found);
    }
    let shared = |names: Vec<String>| -> Vec<String> {
        names.into_iter().filter(|name| by_real.contains_key(name) && by_sim.contains_key(name)).collect()
    };
    let (real_order, sim_order) = (shared(real_names), shared(sim_names));
    if real_order != sim_order {
        let (real, sim) = (Value::from(real_order), Value::from(sim_order));
        found.push(difference(&below(place, "(order)"), How::Differs, Some(&real), Some(&sim)));
    }
}

fn pair(place: &str, real: Option<&Value>, sim: Option<&Value>, found: &mut Vec<Difference>) {
    match (real, sim) {
        (Some(real), Some(sim)) => compare(place, real, sim, found),
        (Some(_), None) => found.push(difference(place, How::Lacks, real, None)),
        (None, _) => found.push(difference(place, How::Adds, None, sim)),
    }
}

fn difference(place: &str, how: How, real: Option<&Value>, sim: Option<&Value>) -> Difference {
    let value = |side: Option<&Value>| side.cloned().unwrap_or_default();
    Difference { place: place.to_owned(), how, real: value(real), sim: value(sim) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(real: &Value, sim: &Value) -> Vec<String> {
        differences(real, sim).iter().map(|found| format!("{} {}", found.how.word(), found.place)).collect()
    }

    #[test]
    fn what_is_alike_differs_nowhere() {
        let object = json!({"a": [1, {"b": null}], "c": "d"});
        assert!(differences(&object, &object).is_empty());
    }

    #[test]
    fn each_way_to_differ_is_told_with_its_smallest_place() {
        let (real, sim) =
            (json!({"both": {"x": 1, "y": 2}, "real": {"z": 1}}), json!({"both": {"x": 1, "y": 3}, "sim": []}));
        assert_eq!(told(&real, &sim), ["differs /both/y", "lacks /real", "adds /sim"]);
    }

    #[test]
    fn a_null_is_not_the_same_as_nothing() {
        assert_eq!(told(&json!({"a": null}), &json!({})), ["lacks /a"]);
    }

    #[test]
    fn items_with_names_are_compared_by_name_and_their_order_by_itself() {
        let (real, sim) = (
            json!([{"name": "a", "v": 1}, {"name": "b", "v": 1}, {"name": "c"}]),
            json!([{"name": "b", "v": 2}, {"name": "a", "v": 1}, {"name": "d"}]),
        );
        assert_eq!(told(&real, &sim), ["differs /b/v", "lacks /c", "adds /d", "differs /(order)"]);
    }

    #[test]
    fn items_without_names_are_compared_by_their_place() {
        assert_eq!(told(&json!([1, 2, 3]), &json!([1, 3])), ["differs /1", "lacks /2"]);
    }
}
