#!/bin/sh
# Soaks the executable for the minutes of the first argument, 30 by default. First a server whose clock is 25 hours behind fills the database,
# because expired rows are kept for a day: so the soak sees them go.
set -eu
cd "$(dirname "$0")/.."
minutes=${1:-30}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. scripts/need.sh
need libfaketime '/usr/lib/*/faketime/libfaketime.so.1'
echo "filling the database, as of 25 hours ago"
sh scripts/bun.sh bench/soak/main.ts --minutes "$((minutes / 6 + 1))" --folder "$folder" --clock=-90000
echo "the soak"
sh scripts/bun.sh bench/soak/main.ts --minutes "$minutes" --folder "$folder"
