# The commands of every day. `just` alone lists them.

default:
    @just --list

# A whole bootstrap against the simulated datacenter
demo *args:
    cargo run --release -- demo {{args}}

# Every test, as the README says
test:
    cargo test --workspace

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

# The picture in the README
picture:
    cargo xtask picture
