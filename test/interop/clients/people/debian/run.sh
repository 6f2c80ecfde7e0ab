#!/bin/sh
# Runs Apache with Debian's module, which it installs; a real browser then signs in with it.
set -eu
cd ../../../../..
. scripts/need.sh
need apache2 apache2
need libapache2-mod-auth-openidc '/usr/lib/apache2/modules/mod_auth_openidc.so'
need chromium chromium
exec sh scripts/bun.sh test/interop/clients/people/drive.ts debian
