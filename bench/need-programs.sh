#!/bin/sh
# Brings the programs that the benchmark drives servers with, or says which are missing.
set -eu

[ "$(uname -s)" = Linux ] || {
  echo "The benchmark needs Linux: it reads /proc" >&2
  exit 1
}

. "$(dirname "$0")/../scripts/need.sh"
need wrk wrk
need openssl openssl
# The pgbench on PATH may be a wrapper that finds none; the program itself is in the package of the server.
pgbench --version >/dev/null 2>&1 || need postgresql /usr/lib/postgresql/pgbench
