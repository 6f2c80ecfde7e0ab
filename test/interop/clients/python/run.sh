#!/bin/sh
# Installs requirements.txt, each file by its hash, into an environment of its own, and runs each program by itself.
set -eu
here=$(pwd)
cd "$INTEROP_BUILD"
if ! cmp -s "$here/requirements.txt" installed.txt; then
  rm -rf venv
  python3 -m venv venv
  venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" installed.txt
fi
export PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
export SSL_CERT_FILE="$INTEROP_CA" REQUESTS_CA_BUNDLE="$INTEROP_CA"
for program in "$here"/programs/*.py; do
  timeout 60 venv/bin/python "$program" || echo "$program ended with $?"
done
