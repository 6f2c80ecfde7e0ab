#!/bin/sh
# Runs two replicas while Debian's Postgres fails over: by hand, through pgbouncer, and, unless --short is given, under Patroni with etcd.
# Installs these first.
set -eu
cd "$(dirname "$0")/.."

need() { # package, program
  ls $2 >/dev/null 2>&1 && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Cannot find $2: install Debian's package $1, or run this as root on Debian" >&2
    exit 1
  fi
  if [ -z "${updated:-}" ]; then
    keep_services_down
    apt-get update -q >/dev/null
    updated=yes
  fi
  echo "installing $1" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null
}

# The packages bring services, and a cluster, of which none is wanted.
keep_services_down() {
  [ ! -e /usr/sbin/policy-rc.d ] || return 0
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

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
