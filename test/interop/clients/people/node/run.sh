#!/bin/sh
# Installs the packages of bun.lock beside a copy of the programs; a real browser then signs in with each.
set -eu
root=$(cd ../../../../.. && pwd)
rm -rf "$INTEROP_BUILD/programs"
cp -R . "$INTEROP_BUILD"
cd "$INTEROP_BUILD"
sh "$root/scripts/bun.sh" install --frozen-lockfile --ignore-scripts >&2
cd "$root"
. scripts/need.sh
need chromium chromium
exec sh scripts/bun.sh test/interop/clients/people/drive.ts node
