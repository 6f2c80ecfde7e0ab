#!/bin/sh
# Soaks the executable for the minutes of the first argument, 30 by default. First a server whose clock is 25 hours behind fills the database,
# because expired rows are kept for a day: so the soak sees them go.
set -eu
cd "$(dirname "$0")/.."
minutes=${1:-30}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null)" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Cannot find libfaketime.so.1: install Debian's package libfaketime, or run this as root on Debian" >&2
    exit 1
  fi
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends libfaketime >/dev/null
fi
echo "filling the database, as of 25 hours ago"
sh scripts/bun.sh bench/soak/main.ts --minutes "$((minutes / 6 + 1))" --folder "$folder" --clock=-90000
echo "the soak"
sh scripts/bun.sh bench/soak/main.ts --minutes "$minutes" --folder "$folder"
