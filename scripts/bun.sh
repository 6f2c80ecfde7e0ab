#!/bin/sh
# Runs Bun of the pinned version: the one on PATH, else the one in .tools, else npm brings it there by its hash.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
wanted=$(sed -n 's/.*"bun": "\([0-9.]*\)".*/\1/p' "$root/package.json" | head -n 1)
own=$root/.tools/bun/node_modules/bun/bin/bun.exe

is_wanted() { [ "$("$1" --version 2>/dev/null)" = "$wanted" ]; }

if is_wanted bun; then exec bun "$@"; fi
if ! is_wanted "$own"; then
  command -v npm >/dev/null 2>&1 || {
    echo "Cannot find Bun $wanted, nor npm to bring it; install either: https://bun.sh or https://nodejs.org" >&2
    exit 1
  }
  echo "bringing Bun $wanted into .tools" >&2
  # scripts/bun/package-lock.json has the hash of each platform's program; npm ci brings nothing else.
  mkdir -p "$root/.tools/bun"
  cp "$root/scripts/bun/package.json" "$root/scripts/bun/package-lock.json" "$root/.tools/bun"
  npm ci --prefix "$root/.tools/bun" --no-audit --no-fund --loglevel=error >&2
  # Where npm runs no install scripts, the program is still a placeholder.
  is_wanted "$own" || node "$root/.tools/bun/node_modules/bun/install.js" >&2
  is_wanted "$own" || {
    echo "Cannot run Bun $wanted after npm brought it: $own" >&2
    exit 1
  }
fi
exec "$own" "$@"
