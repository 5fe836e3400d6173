//! YAML to values and back.

mod doc;
mod emit;
mod encode;

pub(crate) use doc::{Doc, decode, document};
pub(crate) use emit::emit;
pub(crate) use encode::encode;
