#!/bin/sh
# Runs Apache with Debian's module, and installs that first where this may; a real browser then signs in with it.
set -eu
packages="apache2 libapache2-mod-auth-openidc"
if ! dpkg -s $packages >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] || { echo "Install $packages, or run this as root on Debian" >&2; exit 1; }
  apt-get update -q >&2
  # Servers of a package that is installed here for its program are not to start.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >&2
fi
cd ../../../../..
exec sh scripts/bun.sh test/interop/clients/people/drive.ts debian
