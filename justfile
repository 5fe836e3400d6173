# The commands of every day. `just` alone lists them.

default:
    @just --list

# A whole bootstrap against the simulated datacenter
demo *args:
    cargo run --release -- demo {{args}}

# Every test, as the README says
test:
    cargo test --workspace

# The tests against real programs; what cannot be built is reported as ignored
e2e *args:
    cargo xtask tools
    FLUXLIFT_LAB=1 cargo test --package fluxlift-e2e --test lab -- {{args}}

# A real control plane to try things on, until Ctrl-C
lab *args:
    cargo run --package fluxlift-e2e --bin lab -- {{args}}

# What CI runs
ci:
    bash .ci/run

# Formatting and lints
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings
    cargo xtask tidy

# The figures of docs/performance.md
bench:
    cargo xtask bench

# Three ways of bringing up Flux, measured on the lab
measure *args:
    cargo build --release
    FLUXLIFT_BIN=${CARGO_TARGET_DIR:-target}/release/fluxlift cargo run --package fluxlift-e2e --bin measure -- {{args}}

# The picture in the README
picture:
    cargo xtask picture
