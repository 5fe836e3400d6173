//! The tree: units, what they include, what they need, what they run.
//!
//! Loading evaluates everything that needs no outputs; [`Tree::inputs`] evaluates one unit with the outputs of those it
//! depends on. Order within a file: include, locals, dependencies, the rest; then included files are merged in.

mod block;
mod dependency;
mod dependency_block;
mod discovery;
mod evaluate;
mod exposed;
mod include;
mod layers;
mod load;
mod locals;
mod module;
mod opened;
mod place;
mod read;
mod session;
mod settings;
mod terraform;
mod unit;
mod variables;
mod vocabulary;

pub use dependency::{Dependency, NoOutputs, OutputSource};
pub use evaluate::Evaluated;
pub use load::Tree;
pub use module::ModuleRef;
pub use settings::{Settings, SopsSettings, StateSettings};
pub use terraform::{ExtraArguments, Generate, Hook, HookMoment, RemoteState, Retry};
pub use unit::{Edge, Exclude, UnitFile};

pub(crate) use exposed::{hides, is_hidden};
pub(crate) use place::Place;
pub(crate) use read::read_config;
pub(crate) use session::Session;
