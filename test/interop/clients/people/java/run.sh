#!/bin/sh
# Builds ../../java/people with the versions of the POMs; a real browser then signs in with it.
set -eu
root=$(cd ../../../../.. && pwd)
rm -rf "$INTEROP_BUILD/source"
cp -R ../../java "$INTEROP_BUILD/source"
cd "$INTEROP_BUILD/source"
mvn -B -q -ntp package -pl people >&2
cd "$root"
. scripts/need.sh
need chromium chromium
exec sh scripts/bun.sh test/interop/clients/people/drive.ts java
