import os

import httpx
import httpx_auth
import msal
import requests
from interop import CLIENT_ID, CLIENT_SECRET, claim, issuer_of, secure_issuer_of, try_token
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth
from requests_oauthlib import OAuth2Session

issuer = issuer_of("rs256")
secure = secure_issuer_of("rs256")


def get_by_oauthlib(its_issuer, include_client_id):
    session = OAuth2Session(client=BackendApplicationClient(CLIENT_ID, scope=["read"]))
    token = session.fetch_token(
        f"{its_issuer}/oauth/token",
        client_secret=CLIENT_SECRET,
        include_client_id=include_client_id,
        auth=None if include_client_id else (CLIENT_ID, CLIENT_SECRET),
    )
    try_token(its_issuer, token["access_token"])


def get_insecurely(include_client_id):
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    try:
        get_by_oauthlib(issuer, include_client_id)
    finally:
        del os.environ["OAUTHLIB_INSECURE_TRANSPORT"]


def call_by_httpx_auth():
    auth = httpx_auth.OAuth2ClientCredentials(f"{issuer}/oauth/token", CLIENT_ID, CLIENT_SECRET, scope="read")
    url = issuer.replace("/tenant/rs256", "/protected-resource")
    answer = httpx.get(url, auth=auth)
    assert answer.status_code == 200 and answer.json()["client_id"] == CLIENT_ID, answer.text


def get_by_discovery(its_issuer, **options):
    client = OAuth2Client.from_discovery_endpoint(
        issuer=its_issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **options
    )
    token = client.client_credentials(scope="read")
    try_token(its_issuer, str(token.access_token))
    assert client.revoke_access_token(token)


def call_by_endpoint():
    client = OAuth2Client(token_endpoint=f"{secure}/oauth/token", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    url = secure.replace("/tenant/rs256", "/protected-resource")
    answer = requests.get(url, auth=OAuth2ClientCredentialsAuth(client, scope="read"), timeout=10)
    assert answer.status_code == 200 and answer.json()["client_id"] == CLIENT_ID, answer.text


def get_by_msal(its_issuer):
    app = msal.ConfidentialClientApplication(CLIENT_ID, CLIENT_SECRET, oidc_authority=its_issuer)
    answer = app.acquire_token_for_client(scopes=["read"])
    assert "access_token" in answer, answer
    try_token(its_issuer, answer["access_token"])


transport = "`OAUTHLIB_INSECURE_TRANSPORT=1`"
name = "requests-oauthlib"
claim(name, "gets a token over https, secret in the header", lambda: get_by_oauthlib(secure, False))
claim(name, "gets a token over https, secret in the form", lambda: get_by_oauthlib(secure, True))
claim(
    name,
    "gets a token over http, secret in the header",
    lambda: get_by_oauthlib(issuer, False),
    (transport, lambda: get_insecurely(False)),
)
claim(
    name,
    "gets a token over http, secret in the form",
    lambda: get_by_oauthlib(issuer, True),
    (transport, lambda: get_insecurely(True)),
)
claim("httpx-auth", "calls an API with a token", call_by_httpx_auth)
name = "requests_oauth2client"
claim(name, "discovers, gets and revokes a token over https", lambda: get_by_discovery(secure))
claim(
    name,
    "discovers, gets and revokes a token over http",
    lambda: get_by_discovery(issuer),
    ("`testing=True`", lambda: get_by_discovery(issuer, testing=True)),
)
claim(name, "calls an API with a token", call_by_endpoint)
claim(
    "msal",
    "discovers by `oidc_authority` and gets a token",
    lambda: get_by_msal(issuer),
    ("https", lambda: get_by_msal(secure)),
)
