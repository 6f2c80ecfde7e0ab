#!/bin/sh
# Builds the programs with the versions of the POMs, and runs each by itself.
set -eu
rm -rf "$INTEROP_BUILD/source"
cp -R . "$INTEROP_BUILD/source"
cd "$INTEROP_BUILD/source"
# Each by itself: one that does not build keeps no other from running.
mvn -B -q -ntp package -pl shared,libraries >&2 || true
mvn -B -q -ntp package -pl shared,spring >&2 || true
for program in libraries spring; do
  timeout 180 java -cp "$program/target/classes:$program/target/dependency/*" interop.Main || echo "$program ended with $?"
done
