//! The graph as text, as dot and as JSON.

use std::fmt::Write;

use fluxlift_core::UnitPath;
use serde_json::json;

use super::Graph;

/// Level by level, with what each unit needs.
pub fn to_text(graph: &Graph) -> String {
    let width = graph.units().map(|unit| unit.as_str().chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (i, level) in graph.levels().iter().enumerate() {
        for (j, unit) in level.iter().enumerate() {
            let number = if j == 0 { (i + 1).to_string() } else { String::new() };
            let needs: Vec<&str> = graph.dependencies_of(unit).map(UnitPath::as_str).collect();
            let line = if needs.is_empty() {
                format!("{number:>3}  {unit}")
            } else {
                format!("{number:>3}  {unit:width$}  ← {}", needs.join(", "))
            };
            // Writing to a String does not fail.
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// For Graphviz; arrows point at what is needed.
pub fn to_dot(graph: &Graph) -> String {
    let mut text = String::from("digraph {\n");
    for unit in graph.units() {
        let _ = writeln!(text, "  {};", quoted(unit));
        for need in graph.dependencies_of(unit) {
            let _ = writeln!(text, "  {} -> {};", quoted(unit), quoted(need));
        }
    }
    text.push_str("}\n");
    text
}

/// `{"units": [{"path", "level", "needs"}]}`, in the order of a run.
pub fn to_json(graph: &Graph) -> serde_json::Value {
    let mut units = Vec::new();
    for (i, level) in graph.levels().iter().enumerate() {
        for unit in level {
            let needs: Vec<&str> = graph.dependencies_of(unit).map(UnitPath::as_str).collect();
            units.push(json!({ "path": unit.as_str(), "level": i + 1, "needs": needs }));
        }
    }
    json!({ "units": units })
}

fn quoted(unit: &UnitPath) -> String {
    serde_json::Value::from(unit.as_str()).to_string()
}
