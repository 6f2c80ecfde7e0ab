import asyncio

import requests
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from interop import API_ID, API_SECRET, CLIENT_ID, CLIENT_SECRET, KEY_PEM, KEYED_ID, bad_tokens, claim, get_token, issuer_of, try_token
from joserfc.jwk import KeySet

issuer = issuer_of("rs256")
endpoint = f"{issuer}/oauth/token"


def get_sync(method):
    session = OAuth2Session(CLIENT_ID, CLIENT_SECRET, scope="read", token_endpoint_auth_method=method)
    try_token(issuer, session.fetch_token(endpoint)["access_token"])


def get_by_key():
    # snippet authlib-private-key-jwt
    with open(KEY_PEM) as file:
        session = OAuth2Session(
            KEYED_ID,
            file.read(),  # authlib takes the private key for the secret
            scope="read",
            token_endpoint_auth_method=PrivateKeyJWT(endpoint),
        )
    token = session.fetch_token(endpoint, grant_type="client_credentials")
    # end
    try_token(issuer, token["access_token"], KEYED_ID)


async def get_async():
    async with AsyncOAuth2Client(CLIENT_ID, CLIENT_SECRET, scope="read") as client:
        return (await client.fetch_token(endpoint))["access_token"]


def introspect_and_revoke():
    session = OAuth2Session(CLIENT_ID, CLIENT_SECRET, scope="read")
    token = session.fetch_token(endpoint)["access_token"]
    api = OAuth2Session(API_ID, API_SECRET)
    ask = lambda: api.introspect_token(f"{issuer}/oauth/introspect", token=token).json()["active"]
    assert ask() is True
    assert session.revoke_token(f"{issuer}/oauth/revoke", token=token).status_code == 200
    assert ask() is False


def validate(tenant):
    its_issuer = issuer_of(tenant)

    # snippet authlib
    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return KeySet.import_key_set(requests.get(f"{its_issuer}/.well-known/jwks.json", timeout=5).json())

    validator = Validator(issuer=its_issuer, resource_server="my-api")
    # end

    def verify(token):
        claims = validator.authenticate_token(token)
        validator.validate_token(claims, ["read"], None)
        return claims

    assert verify(get_token(its_issuer))["client_id"] == CLIENT_ID
    for bad in bad_tokens(its_issuer):
        try:
            verify(bad)
        except Exception:
            continue
        raise AssertionError("takes a bad token")


claim("authlib", "gets a token, secret in the header", lambda: get_sync("client_secret_basic"))
claim("authlib", "gets a token, secret in the form", lambda: get_sync("client_secret_post"))
claim("authlib", "gets a token with private_key_jwt", get_by_key)
claim("authlib", "gets a token with httpx, async", lambda: try_token(issuer, asyncio.run(get_async())))
claim("authlib", "introspects and revokes", introspect_and_revoke)
claim(
    "authlib",
    "verifies by JWTBearerTokenValidator (RFC 9068)",
    lambda: validate("rs256"),
    ("`access_token_typ: at+jwt` of the tenant", lambda: validate("atjwt")),
)
