//! Conditions on Flux's own objects.

pub mod instance;
pub mod leader;
pub mod root;
pub mod source;

pub use instance::InstanceReady;
pub use leader::LeaderIsCurrent;
pub use root::RootReady;
pub use source::SourceReady;
