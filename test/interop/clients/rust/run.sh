#!/bin/sh
# Builds the program with the versions of Cargo.toml and runs it.
set -eu
cp -R Cargo.toml src "$INTEROP_BUILD"
cd "$INTEROP_BUILD"
cargo build -q >&2
timeout 120 target/debug/interop || echo "the program ended with $?"
