#!/bin/sh
# Installs requirements.txt, each file by its hash, into an environment of its own; a real browser then signs in with each program.
set -eu
here=$(pwd)
cd "$INTEROP_BUILD"
if ! cmp -s "$here/requirements.txt" installed.txt; then
  rm -rf venv
  python3 -m venv venv
  venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" installed.txt
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
cd "$here/../../../../.."
. scripts/need.sh
need chromium chromium
exec sh scripts/bun.sh test/interop/clients/people/drive.ts python
