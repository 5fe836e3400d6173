//! Restores by VolSync and by kopiur against the simulated cluster, under paused time.

mod backups;
mod killed;
mod kopiur;
mod lab;
mod lies;
mod origin;
mod proven;
