#!/bin/sh
# Judges TLS of dist/grantd by testssl.sh, with an ECDSA and an RSA certificate, and replaces its certificate under load.
# TIMES=100 replacements, with one process and with two workers.
set -eu
cd "$(dirname "$0")/.."
. scripts/need.sh
need testssl.sh testssl
need openssl openssl
need jq jq
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
root=$PWD

# The address of no revocation list and no OCSP server would be a finding.
cat >"$folder/leaf.ext" <<'END'
subjectAltName=DNS:localhost,IP:127.0.0.1
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
basicConstraints=critical,CA:FALSE
crlDistributionPoints=URI:http://crl.example/ca.crl
authorityInfoAccess=OCSP;URI:http://ocsp.example
END

certify() { # name, then the kind of key for openssl req
  name=$1
  shift
  openssl req "$@" -nodes -keyout "$name.key" -out "$name.csr" -subj /CN=localhost
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 12)" -days 90 \
    -extfile leaf.ext -out "$name.pem"
  chmod 600 "$name.key"
}

cd "$folder"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 3650 -subj "/CN=Test CA" 2>/dev/null
certify ecdsa -newkey ec -pkeyopt ec_paramgen_curve:P-256 2>/dev/null
certify rsa -newkey rsa:2048 2>/dev/null
status=0
for kind in ecdsa rsa; do
  cat >config.yaml <<END
server: { port: 0, public_url: https://auth.example.com, tls: { cert_file: $kind.pem, key_file: $kind.key } }
storage: memory
tenants: { acme: { name: Acme, signing: { algorithm: ES256 }, oauth2: {} } }
END
  "$root/dist/grantd" serve --config config.yaml >"$kind.log" 2>&1 &
  server=$!
  tries=0
  until port=$(sed -n 's/.*listens on https.*:\([0-9]*\)$/\1/p' "$kind.log") && [ -n "$port" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { cat "$kind.log" >&2; exit 1; }
    sleep 0.1
  done
  testssl --quiet --color 0 --warnings off --add-ca ca.pem --jsonfile "$kind.json" "127.0.0.1:$port" >"$kind.out" 2>&1 || true
  kill "$server"
  # WARN says what testssl.sh itself cannot do here.
  echo "$kind: $(jq length "$kind.json") findings; those that are neither OK nor INFO:"
  jq -r '.[] | select(.severity | IN("OK", "INFO") | not) | "  \(.severity) \(.id): \(.finding)"' "$kind.json"
  jq -e 'length > 100 and all(.[]; .severity | IN("OK", "INFO", "LOW", "WARN"))' "$kind.json" >/dev/null || status=1
done
cd "$root"
for workers in 0 2; do
  sh scripts/bun.sh scripts/tls/renewals.ts "${TIMES:-100}" "$workers" || status=1
done
exit "$status"
