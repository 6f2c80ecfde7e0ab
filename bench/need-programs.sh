#!/bin/sh
# Brings the programs that the benchmark drives servers with, or says which are missing.
set -eu

[ "$(uname -s)" = Linux ] || {
  echo "The benchmark needs Linux: it reads /proc" >&2
  exit 1
}

need() { # package, program
  command -v "$2" >/dev/null 2>&1 && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Cannot find $2: install Debian's package $1, or run this as root on Debian" >&2
    exit 1
  fi
  [ -n "${updated:-}" ] || apt-get update -q >/dev/null
  updated=yes
  echo "installing $1" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null
}

need wrk wrk
need openssl openssl
# The pgbench on PATH may be a wrapper that finds none; the program itself is in the package of the server.
pgbench --version >/dev/null 2>&1 || need postgresql /usr/lib/postgresql/pgbench
