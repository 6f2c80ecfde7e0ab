#!/bin/sh
# Runs the programs that use Debian's packages, and installs those first where this may.
set -eu
packages="ruby ruby-oauth2 ruby-jwt libnet-oauth2-perl nginx haproxy apache2 libapache2-mod-oauth2 libapache2-mod-auth-openidc"
if ! dpkg -s $packages >/dev/null 2>&1; then
  [ "$(id -u)" = 0 ] || { echo "Install $packages, or run this as root on Debian" >&2; exit 1; }
  apt-get update -q >&2
  # Servers of a package that is installed here for its program are not to start.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >&2
fi
export SSL_CERT_FILE="$INTEROP_CA" PERL_LWP_SSL_CA_FILE="$INTEROP_CA"
root=$(cd ../../../.. && pwd)
timeout 60 ruby programs/clients.rb || echo "clients.rb ended with $?"
timeout 60 perl programs/clients.pl || echo "clients.pl ended with $?"
for program in nginx haproxy apache; do
  timeout 120 sh "$root/scripts/bun.sh" "programs/$program.ts" || echo "$program ended with $?"
done
