#!/bin/sh
# Builds programs with the versions of ../../go/go.mod, checked by go.sum; a real browser then signs in with each.
set -eu
export GOFLAGS=-mod=readonly GOTOOLCHAIN=local CGO_ENABLED=0
cd ../../go
go build -o "$INTEROP_BUILD/people" ./people >&2
go build -o "$INTEROP_BUILD/oauth2-proxy" github.com/oauth2-proxy/oauth2-proxy/v7 >&2 || true
cd ../../../..
. scripts/need.sh
need chromium chromium
exec sh scripts/bun.sh test/interop/clients/people/drive.ts go
