#!/bin/sh
# Builds programs with the versions of go.mod, checked by go.sum, and runs each by itself. The servers take minutes to build:
# ../go-servers runs those.
set -eu
export GOFLAGS=-mod=readonly GOTOOLCHAIN=local CGO_ENABLED=0 SSL_CERT_FILE="$INTEROP_CA"
for program in ${INTEROP_PROGRAMS:-libraries}; do
  [ "$program" != proxy ] ||
    go build -o "$INTEROP_BUILD/oauth2-proxy" github.com/oauth2-proxy/oauth2-proxy/v7 >&2 || continue
  go build -o "$INTEROP_BUILD/$program" "./$program" >&2 || continue
  timeout 120 "$INTEROP_BUILD/$program" || echo "$program ended with $?"
done
