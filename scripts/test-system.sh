#!/bin/sh
# Runs the tests that need Debian's packages, and installs those first; the last ones fail a Postgres over.
set -eu
cd "$(dirname "$0")/.."

need() { # package, program
  command -v "$2" >/dev/null 2>&1 || bring "$1" "$2"
}

bring() { # package, what is missing
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Cannot find $2: install Debian's package $1, or run this as root on Debian" >&2
    exit 1
  fi
  [ -n "${updated:-}" ] || apt-get update -q >/dev/null
  updated=yes
  echo "installing $1" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$1" >/dev/null
}

need chromium chromium
need curl curl
need apache2 apache2
need haproxy haproxy
need jq jq
need nginx nginx
need caddy caddy
need openssl openssl
need prometheus promtool
[ -e /usr/share/lua/5.3/socket.lua ] || bring lua-socket LuaSocket
need strace strace
need systemd systemd-analyze
need systemd-container systemd-nspawn
# The test of the proxies waits most of its three minutes, so the others run meanwhile.
proxies=$(mktemp)
sh scripts/bun.sh test --timeout 120000 ./test/system/proxies.system.ts >"$proxies" 2>&1 &
waiting=$!
trap 'kill "$waiting" 2>/dev/null || true; rm -f "$proxies"' EXIT
others=$(ls ./test/system/*.system.ts | grep -v '/proxies\.system\.ts$')
status=0
# shellcheck disable=SC2086
sh scripts/bun.sh test --timeout 120000 $others || status=$?
wait "$waiting" || status=$?
cat "$proxies"
[ "$status" -eq 0 ] || exit "$status"
# The others take minutes to build: make interop.
python3 -c 'import ensurepip' 2>/dev/null || bring python3-venv 'Python with venv'
command -v go >/dev/null || echo "no Go here: its clients are not run" >&2
# Of people's clients, those that take less than a minute.
sh scripts/bun.sh test/interop/clients/main.ts node python debian $(command -v go >/dev/null && echo go) people/node people/debian
sh scripts/docker-test.sh
sh scripts/test-kubernetes.sh --short
# Patroni takes minutes more: make test-failover.
sh scripts/test-failover.sh --short
