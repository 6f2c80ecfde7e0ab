// go-oidc with x/oauth2, as the example of go-oidc has it, with PKCE.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	. "grantd.test/interop/interop"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type pending struct{ state, nonce, verifier string }

type app struct {
	provider   *oidc.Provider
	config     oauth2.Config
	endSession string
	started    pending
	token      *oauth2.Token
	idToken    string
}

func random() string {
	bytes := make([]byte, 24)
	_, _ = rand.Read(bytes)
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func (a *app) login(w http.ResponseWriter, r *http.Request) error {
	a.started = pending{random(), random(), oauth2.GenerateVerifier()}
	http.Redirect(w, r, a.config.AuthCodeURL(a.started.state, oidc.Nonce(a.started.nonce),
		oauth2.S256ChallengeOption(a.started.verifier)), http.StatusFound)
	return nil
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("state") != a.started.state {
		return errors.New("another state")
	}
	token, err := a.config.Exchange(r.Context(), r.URL.Query().Get("code"), oauth2.VerifierOption(a.started.verifier))
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	idToken, err := a.provider.Verifier(&oidc.Config{ClientID: a.config.ClientID}).Verify(r.Context(), raw)
	if err != nil {
		return err
	}
	if idToken.Nonce != a.started.nonce {
		return errors.New("another nonce")
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		return err
	}
	a.token, a.idToken = token, raw
	var claims map[string]any
	if err := idToken.Claims(&claims); err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(claims)
}

func (a *app) refresh(w http.ResponseWriter, r *http.Request) error {
	old := *a.token
	old.Expiry = time.Now().Add(-time.Minute)
	token, err := a.config.TokenSource(r.Context(), &old).Token()
	if err != nil {
		return err
	}
	if token.AccessToken == a.token.AccessToken || token.RefreshToken == a.token.RefreshToken {
		return errors.New("nothing new")
	}
	a.token = token
	_, err = fmt.Fprint(w, "refreshed")
	return err
}

func (a *app) userinfo(w http.ResponseWriter, r *http.Request) error {
	info, err := a.provider.UserInfo(r.Context(), oauth2.StaticTokenSource(a.token))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(w, info.Email)
	return err
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) error {
	query := url.Values{"id_token_hint": {a.idToken}, "post_logout_redirect_uri": {os.Getenv("POST_LOGOUT_REDIRECT_URI")}}
	http.Redirect(w, r, a.endSession+"?"+query.Encode(), http.StatusFound)
	return nil
}

func say(text string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := fmt.Fprint(w, text)
		return err
	}
}

func main() {
	provider, err := oidc.NewProvider(context.Background(), os.Getenv("ISSUER"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var metadata struct {
		EndSession string `json:"end_session_endpoint"`
	}
	_ = provider.Claims(&metadata)
	a := &app{provider: provider, endSession: metadata.EndSession, config: oauth2.Config{
		ClientID: os.Getenv("CLIENT_ID"), ClientSecret: os.Getenv("CLIENT_SECRET"), Endpoint: provider.Endpoint(),
		RedirectURL: os.Getenv("REDIRECT_URI"), Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}}
	version := VersionOf("github.com/coreos/go-oidc/v3") + " + " + VersionOf("golang.org/x/oauth2")
	for path, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/login": a.login, "/callback": a.callback, "/refresh": a.refresh, "/userinfo": a.userinfo, "/logout": a.logout,
		"/signed-out": say("signed out"), "/version": say(version),
	} {
		http.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if err := handle(w, r); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	fmt.Fprintln(os.Stderr, http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}
