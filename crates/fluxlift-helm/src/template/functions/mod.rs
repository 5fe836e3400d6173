//! The function table: Helm's own functions and those of sprig that give the same result every time.

mod arguments;
mod checksums;
mod convert;
mod dicts;
mod encode;
mod lists;
mod logic;
mod numbers;
mod patterns;
mod quote;
mod strings;
mod table;
mod versions;

use arguments::Arguments;
pub(super) use arguments::text;
pub(super) use logic::REFUSAL;
pub(super) use table::{Table, standard, unavailable};
