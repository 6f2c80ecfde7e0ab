#!/bin/sh
# Runs the fault matrix: three replicas, HAProxy, and a Postgres under Patroni, on hosts that are network namespaces of this machine.
# Needs root and Debian's packages, which it installs. Takes some minutes. OLDER=path of the build that is rolled to this one.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || {
  echo "Run this as root: it makes network namespaces" >&2
  exit 1
}
. scripts/need.sh
need iproute2 /usr/sbin/ip
need haproxy /usr/sbin/haproxy
need faketime /usr/bin/faketime
need postgresql '/usr/lib/postgresql/*/bin/postgres'
need etcd-server /usr/bin/etcd
need patroni /usr/bin/patroni
sh scripts/bun.sh bench/faults/network.ts make
status=0
ip netns exec gfm-hub sh scripts/bun.sh bench/faults/main.ts ${OLDER:+--executable "$OLDER" --newer dist/grantd} ${ONLY:+--only "$ONLY"} || status=$?
sh scripts/bun.sh bench/faults/network.ts remove
exit "$status"
