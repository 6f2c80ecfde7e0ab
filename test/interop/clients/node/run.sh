#!/bin/sh
# Installs the packages of bun.lock beside a copy of the programs, and runs each by itself.
set -eu
root=$(cd ../../../.. && pwd)
rm -rf "$INTEROP_BUILD/programs"
cp -R . "$INTEROP_BUILD"
cd "$INTEROP_BUILD"
sh "$root/scripts/bun.sh" install --frozen-lockfile --ignore-scripts >&2
export NODE_EXTRA_CA_CERTS="$INTEROP_CA" NODE_NO_WARNINGS=1
for program in programs/*.mjs; do
  timeout 60 node "$program" || echo "$program ended with $?"
done
