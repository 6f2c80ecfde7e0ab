#!/bin/sh
# Runs the fault matrix: three replicas, HAProxy, and a Postgres under Patroni, on hosts that are network namespaces of this machine.
# Needs root and Debian's packages, which it installs. Takes some minutes. OLDER=path of the build that is rolled to this one.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || {
  echo "Run this as root: it makes network namespaces" >&2
  exit 1
}
need() { # package, program
  ls $2 >/dev/null 2>&1 && return
  if [ -z "${updated:-}" ]; then
    # The packages bring services, none of which is wanted.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
      printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
      chmod 755 /usr/sbin/policy-rc.d
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt-get update -q >/dev/null
    updated=yes
  fi
  echo "installing $1" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null
}
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
