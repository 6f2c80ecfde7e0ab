#!/bin/sh
# Runs two replicas while Debian's Postgres fails over: by hand, through pgbouncer, and, unless --short is given, under Patroni with etcd.
# Installs these first.
set -eu
cd "$(dirname "$0")/.."

. scripts/need.sh

if [ "$(id -u)" != 0 ]; then
  echo "Run this as root: the servers run as the user nobody" >&2
  exit 1
fi
need postgresql '/usr/lib/postgresql/*/bin/postgres'
need pgbouncer /usr/sbin/pgbouncer
need util-linux /usr/bin/setpriv
if [ "${1:-}" = --short ]; then
  set -- -t '^(?!Patroni)'
else
  need etcd-server /usr/bin/etcd
  need patroni /usr/bin/patroni
fi
sh scripts/bun.sh test --timeout 300000 "$@" ./test/system/failover/failover.system.ts
