import jwt
import requests
from interop import claim, issuer_of, try_verifier
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet
from jose import jwt as python_jose


def by_pyjwt(tenant, algorithm):
    issuer = issuer_of(tenant)
    # snippet pyjwt
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")

    def verify(token):
        key = keys.get_signing_key_from_jwt(token)
        return jwt.decode(token, key, [algorithm], issuer=issuer, audience="my-api", options={"require": ["exp"]})

    # end
    try_verifier(issuer, verify)


def by_python_jose(tenant, algorithm):
    issuer = issuer_of(tenant)
    # snippet python-jose
    keys = requests.get(f"{issuer}/.well-known/jwks.json", timeout=5).json()

    def verify(token):
        return python_jose.decode(token, keys, [algorithm], audience="my-api", issuer=issuer)

    # end
    try_verifier(issuer, verify)


def by_joserfc(tenant, algorithm):
    issuer = issuer_of(tenant)
    # snippet joserfc
    keys = KeySet.import_key_set(requests.get(f"{issuer}/.well-known/jwks.json", timeout=5).json())
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": "my-api"},
        exp={"essential": True},
    )

    def verify(token):
        decoded = joserfc_jwt.decode(token, keys, algorithms=[algorithm])
        registry.validate(decoded.claims)
        return decoded.claims

    # end
    try_verifier(issuer, verify)


claim("pyjwt", "verifies RS256", lambda: by_pyjwt("rs256", "RS256"))
claim("pyjwt", "verifies ES256", lambda: by_pyjwt("es256", "ES256"))
claim("pyjwt", "verifies EdDSA", lambda: by_pyjwt("eddsa", "EdDSA"))
claim("pyjwt", "verifies at+jwt", lambda: by_pyjwt("atjwt", "RS256"))
claim("python-jose", "verifies RS256", lambda: by_python_jose("rs256", "RS256"))
claim("python-jose", "verifies ES256", lambda: by_python_jose("es256", "ES256"))
claim("joserfc", "verifies RS256", lambda: by_joserfc("rs256", "RS256"))
claim("joserfc", "verifies ES256", lambda: by_joserfc("es256", "ES256"))
claim("joserfc", "verifies EdDSA", lambda: by_joserfc("eddsa", "EdDSA"))
