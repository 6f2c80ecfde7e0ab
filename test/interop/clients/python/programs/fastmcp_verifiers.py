import asyncio

from fastmcp.server.auth.providers.introspection import IntrospectionTokenVerifier
from fastmcp.server.auth.providers.jwt import JWTVerifier
from interop import API_ID, API_SECRET, claim, issuer_of, try_verifier


def try_async_verifier(issuer, verifier):
    def verify(token):
        found = asyncio.run(verifier.verify_token(token))
        assert found is not None, "refused"
        return {"client_id": found.client_id}

    try_verifier(issuer, verify)


def by_jwt(tenant, algorithm):
    issuer = issuer_of(tenant)
    # snippet fastmcp
    verifier = JWTVerifier(
        jwks_uri=f"{issuer}/.well-known/jwks.json", issuer=issuer, audience="my-api", algorithm=algorithm
    )
    # end
    try_async_verifier(issuer, verifier)


def by_introspection():
    issuer = issuer_of("rs256")
    verifier = IntrospectionTokenVerifier(
        introspection_url=f"{issuer}/oauth/introspect", client_id=API_ID, client_secret=API_SECRET
    )
    try_async_verifier(issuer, verifier)


claim("fastmcp", "verifies RS256", lambda: by_jwt("rs256", "RS256"))
claim("fastmcp", "verifies ES256", lambda: by_jwt("es256", "ES256"))
claim("fastmcp", "verifies by introspection", by_introspection)
