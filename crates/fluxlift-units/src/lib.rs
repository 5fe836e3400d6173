//! The seven native units
