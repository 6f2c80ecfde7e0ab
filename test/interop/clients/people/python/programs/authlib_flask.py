"""authlib's client for Flask, as its documentation has it."""

from importlib.metadata import version
from os import environ
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = "of the test"
oauth = OAuth(app)
oauth.register(
    "grantd",
    client_id=environ["CLIENT_ID"],
    client_secret=environ["CLIENT_SECRET"],
    server_metadata_url=environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)
tokens = {}


@app.get("/version")
def tell_version():
    return f"{version('authlib')} + {version('flask')}"


@app.get("/login")
def login():
    return oauth.grantd.authorize_redirect(environ["REDIRECT_URI"])


@app.get("/callback")
def callback():
    tokens.update(oauth.grantd.authorize_access_token())
    session["user"] = tokens["userinfo"]
    return dict(session["user"])


@app.get("/refresh")
def refresh():
    with oauth.grantd._get_oauth_client(**oauth.grantd.load_server_metadata()) as client:
        url = oauth.grantd.load_server_metadata()["token_endpoint"]
        after = client.refresh_token(url, refresh_token=tokens["refresh_token"])
    fresh = after["access_token"] != tokens["access_token"] and after["refresh_token"] != tokens["refresh_token"]
    tokens.update(after)
    return {"refreshed": True} if fresh else {"the same": True}


@app.get("/userinfo")
def userinfo():
    return dict(oauth.grantd.userinfo(token=tokens))


@app.get("/logout")
def logout():
    session.clear()
    query = urlencode(
        {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": environ["POST_LOGOUT_REDIRECT_URI"]}
    )
    return redirect(oauth.grantd.load_server_metadata()["end_session_endpoint"] + "?" + query)


@app.get("/signed-out")
def signed_out():
    return "signed out"


@app.errorhandler(Exception)
def show(error):
    return f"{type(error).__name__}: {error}", 500


app.run("localhost", int(environ["PORT"]))
