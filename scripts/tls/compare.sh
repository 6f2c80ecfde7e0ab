#!/bin/sh
# Measures dist/grantd by plain http, by its own TLS, and behind nginx with TLS: requests over connections that stay open, and requests
# each over a connection of its own. ROUNDS=3 SECONDS_EACH=4. Needs nginx, wrk and openssl.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
folder=$(mktemp -d)
trap 'kill $servers 2>/dev/null || true; rm -rf "$folder"' EXIT
servers=
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null

serve() { # name, settings of the server
  mkdir "$1"
  cat >"$1/config.yaml" <<END
server: { port: 0, $2 }
storage: memory
audit: { enabled: false }
tenants: { acme: { name: Acme, signing: { algorithm: ES256 }, oauth2: {} } }
END
  "$root/dist/grantd" serve --config "$1/config.yaml" >"$1.log" 2>&1 &
  servers="$servers $!"
}

port_of() {
  until sed -n 's/.*listens on http.*:\([0-9]*\)$/\1/p' "$1.log" | grep .; do sleep 0.1; done
}

serve plain 'idle_timeout: 75s'
serve own 'tls: { cert_file: ../cert.pem, key_file: ../key.pem }'
plain=$(port_of plain)
own=$(port_of own)
front=18990
cat >nginx.conf <<END
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  upstream grantd { server 127.0.0.1:$plain; keepalive 64; }
  server {
    listen 127.0.0.1:$front ssl;
    ssl_certificate $folder/cert.pem;
    ssl_certificate_key $folder/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    keepalive_requests 1000000;
    location / { proxy_pass http://grantd; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
END
nginx -c "$folder/nginx.conf" -g 'daemon off;' 2>/dev/null &
servers="$servers $!"
until curl -sk "https://127.0.0.1:$front/health" >/dev/null; do sleep 0.1; done
path=/api/v1/tenant/acme/.well-known/jwks.json

measure() { # name, url, options of wrk
  name=$1 url=$2
  shift 2
  echo "$name $(wrk -t1 -c16 -d"${SECONDS_EACH:-4}" "$@" "$url" | sed -n 's/^Requests\/sec: *//p')"
}

round=0
while [ "$round" -lt "${ROUNDS:-3}" ]; do
  measure kept-plain "http://127.0.0.1:$plain$path"
  measure kept-own "https://127.0.0.1:$own$path"
  measure kept-nginx "https://127.0.0.1:$front$path"
  measure new-plain "http://127.0.0.1:$plain$path" -H 'Connection: close'
  measure new-own "https://127.0.0.1:$own$path" -H 'Connection: close'
  measure new-nginx "https://127.0.0.1:$front$path" -H 'Connection: close'
  round=$((round + 1))
done
