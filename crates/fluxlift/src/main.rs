//! The fluxlift command.

use std::process::ExitCode;

fn main() -> ExitCode {
    // An error only says that somebody installed one before; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    fluxlift::app::main()
}
