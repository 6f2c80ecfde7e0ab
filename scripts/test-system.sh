#!/bin/sh
# Runs the tests that need Debian's packages, and installs those first; the last ones fail a Postgres over.
set -eu
cd "$(dirname "$0")/.."

. scripts/need.sh
need chromium chromium
need curl curl
need apache2 apache2
need haproxy haproxy
need jq jq
need nginx nginx
need caddy caddy
need openssl openssl
need prometheus promtool
need lua-socket /usr/share/lua/5.3/socket.lua
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
