#!/bin/sh
# Gets a token, calls an API with it, shows what is in it, and verifies its signature with openssl.
#
#   GRANTD_CLIENT_SECRET=gds_... sh client-credentials.sh
#
# Needs curl, openssl and jq. The server is that of `grantd init`; see README.md for the other variables. RS256 only.
set -eu

issuer_url=${GRANTD_ISSUER_URL:-http://localhost:3000/api/v1/tenant/main}
client=${GRANTD_CLIENT_ID:-my-service}
: "${GRANTD_CLIENT_SECRET:?is not set: put the secret of the client there}"
api_url=${API_URL:-${issuer_url%/api/v1/tenant/*}/api/v1/protected-resource}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# base64url to bytes: other letters, and the padding that it leaves out
decode() {
  text=$(tr -d '\n' | tr -- '-_' '+/')
  while [ $((${#text} % 4)) -ne 0 ]; do text="$text="; done
  printf %s "$text" | openssl base64 -d -A
}

echo '1. Get a token'
# The secret goes in by standard input: arguments can be seen by others.
answer=$(printf 'user = "%s:%s"\n' "$client" "$GRANTD_CLIENT_SECRET" |
  curl -sS -K - -d grant_type=client_credentials "$issuer_url/oauth/token")
token=$(printf %s "$answer" | jq -r '.access_token // empty')
if [ -z "$token" ]; then
  echo "refused: $answer" >&2
  exit 1
fi
printf %s "$answer" | jq -r '"expires in \(.expires_in) seconds, scope: \(.scope // "none")"'

echo '2. Call an API with it'
printf 'header = "Authorization: Bearer %s"\n' "$token" | curl -sS -K - "$api_url"
echo

echo '3. Look inside'
header=${token%%.*}
rest=${token#*.}
printf %s "$header" | decode | jq -c .
printf %s "${rest%%.*}" | decode | jq -c .

echo '4. Verify the signature with the key that kid names'
kid=$(printf %s "$header" | decode | jq -r .kid)
curl -sS "$issuer_url/.well-known/jwks.json" |
  jq -e --arg kid "$kid" '.keys[] | select(.kid == $kid and .kty == "RSA")' > "$work/jwk" || {
  echo "no RSA key $kid in the JWKS" >&2
  exit 1
}
number() { jq -r ".$1" "$work/jwk" | decode | od -An -v -tx1 | tr -d ' \n'; }
cat > "$work/key.cnf" <<END
asn1=SEQUENCE:spki
[spki]
algorithm=SEQUENCE:rsa
key=BITWRAP,SEQUENCE:numbers
[rsa]
oid=OID:rsaEncryption
none=NULL
[numbers]
n=INTEGER:0x$(number n)
e=INTEGER:0x$(number e)
END
openssl asn1parse -genconf "$work/key.cnf" -noout -out "$work/key.der"
printf %s "${token##*.}" | decode > "$work/signature"
printf %s "${token%.*}" |
  openssl dgst -sha256 -verify "$work/key.der" -keyform DER -signature "$work/signature"
