#!/bin/sh
# Signs a person in on a device without a browser (RFC 8628), with curl and jq.
#
#   sh device-login.sh
#
# The server is that of grantd.yaml; see README.md for the variables.
set -eu

issuer_url=${GRANTD_ISSUER_URL:-http://localhost:3000/api/v1/tenant/main}
client=${GRANTD_CLIENT_ID:-tv}
grant=urn:ietf:params:oauth:grant-type:device_code

# 1. Ask for the codes.
codes=$(curl -sS "$issuer_url/oauth/device_authorization" \
  -d client_id="$client" --data-urlencode 'scope=openid profile offline_access')
device_code=$(printf %s "$codes" | jq -r '.device_code // empty')
if [ -z "$device_code" ]; then
  echo "refused: $codes" >&2
  exit 1
fi
interval=$(printf %s "$codes" | jq -r '.interval // 5')

# 2. Show the person where to go.
printf %s "$codes" | jq -r '"Open \(.verification_uri) and type \(.user_code)"'

# 3. Ask for the tokens until the person has decided.
while :; do
  sleep "$interval"
  # The code goes in by standard input: arguments can be seen by others.
  answer=$(printf 'device_code=%s' "$device_code" |
    curl -sS "$issuer_url/oauth/token" -d client_id="$client" -d grant_type="$grant" -d @-)
  case $(printf %s "$answer" | jq -r '.error // "none"') in
    none) break ;;
    authorization_pending) ;;
    slow_down) interval=$((interval + 5)) ;;
    *)
      echo "refused: $answer" >&2
      exit 1
      ;;
  esac
done

# 4. Ask who it is.
token=$(printf %s "$answer" | jq -r .access_token)
printf 'header = "Authorization: Bearer %s"\n' "$token" |
  curl -sS -K - "$issuer_url/oauth/userinfo" | jq -r '"Signed in as \(.name) (\(.sub))"'
