//! Templates: Go's language, Helm's functions.
//!
//! gotmpl parses and executes; everything that makes a template a *Helm* template is here. Before execution each parse
//! tree is rewritten: unknown functions are found with their line before anything runs, fields of a missing
//! map fail as they do in Go, methods such as `.Capabilities.APIVersions.Has` can be called, and every action notes
//! where it stands, so that an error at run time names template, line and column.
//!
//! Known differences from Helm: `lookup` finds nothing, doubles inside a printed list or map have no exponent, and functions that draw random numbers, read the clock or the network do not exist (they are refused by name).

mod capabilities;
mod data;
mod engine;
mod error;
mod files;
mod functions;
mod identity;
mod render;
mod rewrite;
mod trace;

pub use capabilities::Capabilities;
pub use error::{Place, TemplateError};
pub use identity::ReleaseIdentity;
pub use render::{RenderedFile, render_files};
