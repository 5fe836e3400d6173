//! `graph`: who needs whom.

use clap::{Args, ValueEnum};
use fluxlift_config::{to_dot, to_json, to_text};

use super::outcome::printed;
use crate::args::Global;
use crate::system::System;
use crate::ui::{Failure, OutputFormat, print_document, print_text};
use crate::workspace::load;

/// Show who needs whom.
#[derive(Debug, Args)]
pub struct Graph {
    /// How the graph is written; without it, as `-o` says
    #[arg(id = "graph_format", long = "format", value_enum, value_name = "FORMAT")]
    pub format: Option<GraphFormat>,
}

/// How a graph can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Levels, for people.
    Text,
    /// For Graphviz.
    Dot,
    /// One JSON document.
    Json,
}

pub(super) fn execute(args: &Graph, global: &Global, system: &System) -> Result<u8, Failure> {
    let tree = load(&global.working_dir, system, "graph")?;
    let graph = tree.graph();
    printed(match (args.format, global.format) {
        (Some(GraphFormat::Dot), _) => print_text(&to_dot(graph)),
        (Some(GraphFormat::Json), _) => print_document(OutputFormat::Json, &to_json(graph), String::new),
        (Some(GraphFormat::Text), _) => print_text(&to_text(graph)),
        (None, format) => print_document(format, &to_json(graph), || to_text(graph)),
    })?;
    Ok(0)
}
