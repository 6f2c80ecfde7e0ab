"""What the programs share: where grantd is, tokens by hand, and how a claim is printed."""

import json
import os
import re
from importlib.metadata import version

import requests

CLIENT_ID = os.environ["INTEROP_CLIENT_ID"]
CLIENT_SECRET = os.environ["INTEROP_CLIENT_SECRET"]
API_ID = os.environ["INTEROP_API_ID"]
API_SECRET = os.environ["INTEROP_API_SECRET"]
KEYED_ID = os.environ["INTEROP_KEYED_ID"]
KEY_PEM = os.environ["INTEROP_KEY_PEM"]
CA = os.environ["INTEROP_CA"]


def issuer_of(tenant, base="INTEROP_URL"):
    """The issuer of a tenant: rs256, es256, eddsa, atjwt."""
    return f"{os.environ[base]}/api/v1/tenant/{tenant}"


def secure_issuer_of(tenant):
    return issuer_of(tenant, "INTEROP_HTTPS_URL")


def get_token(issuer):
    """A token by hand, for clients that verify one."""
    form = {"grant_type": "client_credentials", "scope": "read"}
    answer = requests.post(f"{issuer}/oauth/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10)
    answer.raise_for_status()
    return answer.json()["access_token"]


def introspect(issuer, token):
    return requests.post(
        f"{issuer}/oauth/introspect", data={"token": token}, auth=(API_ID, API_SECRET), timeout=10
    ).json()


def try_token(issuer, token, client_id=CLIENT_ID):
    """What a client got is a token of the client with the scope that it asked for."""
    answer = introspect(issuer, token)
    assert answer["active"] and answer["client_id"] == client_id and answer["scope"] == "read", answer


def bad_tokens(issuer):
    token = get_token(issuer)
    head, body, signature = token.split(".")
    other = "atjwt" if issuer.endswith("/rs256") else "rs256"
    return [".".join([head, body, signature[::-1]]), get_token(re.sub(r"\w+$", other, issuer)), "nonsense"]


def try_verifier(issuer, verify):
    """A verifier takes a good token, answers its claims, and refuses a changed one and one of another tenant."""
    claims = verify(get_token(issuer))
    assert claims["client_id"] == CLIENT_ID, claims
    for bad in bad_tokens(issuer):
        try:
            verify(bad)
        except Exception:
            continue
        raise AssertionError("takes a bad token")


def claim(client, does, as_it_comes, *settings):
    """
    Prints what became of one thing that a client does: `as_it_comes` first; where that fails, each of `settings`, which are
    pairs of what is set and a function, until one works.
    """
    line = {"client": client, "version": version(client), "does": does, "setting": "", "why": ""}
    for setting, attempt in [("", as_it_comes), *settings]:
        try:
            attempt()
        except Exception as error:
            line["why"] = explain(error)
            continue
        print(json.dumps({**line, "result": "setting" if setting else "works", "setting": setting}), flush=True)
        return
    print(json.dumps({**line, "result": "fails"}), flush=True)


def explain(error):
    """One line without what changes from run to run."""
    text = re.sub(r"localhost:\d+", "localhost", f"{type(error).__name__}: {error}")
    return re.sub(r"\s+", " ", text)[:200]
