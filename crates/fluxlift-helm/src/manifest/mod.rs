//! From rendered text to objects in the order in which they are installed.

mod error;
mod object;
mod order;
mod render;
mod scope;
mod split;

pub use error::RenderError;
pub(crate) use object::is_kept;
pub use object::{Object, ObjectId};
pub use render::{Rendered, parse_manifest, render};
pub use scope::is_namespaced;
