// The authenticator of the API server of Kubernetes for tokens of OpenID Connect.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"

	. "grantd.test/interop/interop"
)

type authority []byte

func (pem authority) CurrentCABundleContent() []byte { return pem }

func authenticatorOf(ctx context.Context, issuer, discoveryURL string, algorithms []string) (oidc.AuthenticatorTokenWithHealthCheck, error) {
	pem, err := os.ReadFile(os.Getenv("INTEROP_CA"))
	if err != nil {
		return nil, err
	}
	noPrefix := ""
	return oidc.New(ctx, oidc.Options{
		JWTAuthenticator: apiserver.JWTAuthenticator{
			Issuer: apiserver.Issuer{URL: issuer, DiscoveryURL: discoveryURL, Audiences: []string{Audience}},
			ClaimMappings: apiserver.ClaimMappings{
				Username: apiserver.PrefixedClaimOrExpression{Claim: "client_id", Prefix: &noPrefix},
			},
		},
		CAContentProvider:    authority(pem),
		SupportedSigningAlgs: algorithms,
	})
}

// waitFor waits until the authenticator has discovered, which it does in the background.
func waitFor(authenticator oidc.AuthenticatorTokenWithHealthCheck) error {
	var err error
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = authenticator.HealthCheck(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("not healthy: %w", err)
}

func try(issuer, discoveryURL string, algorithms ...string) func() error {
	return func() error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		authenticator, err := authenticatorOf(ctx, issuer, discoveryURL, algorithms)
		if err != nil {
			return err
		}
		if err := waitFor(authenticator); err != nil {
			return err
		}
		return TryVerifier(issuer, func(token string) (string, error) {
			answer, ok, err := authenticator.AuthenticateToken(ctx, token)
			if err != nil {
				return "", err
			}
			if !ok {
				return "", errors.New("not authenticated")
			}
			return answer.User.GetName(), nil
		})
	}
}

func main() {
	const module = "k8s.io/apiserver"
	secure := SecureIssuerOf("rs256")
	Claim(module, "authenticates RS256", try(IssuerOf("rs256"), ""), Setting{"https", try(secure, "")})
	Claim(module, "authenticates ES256 over https", try(SecureIssuerOf("es256"), ""),
		Setting{"`--oidc-signing-algs=ES256`", try(SecureIssuerOf("es256"), "", "ES256")})
	byRFC8414 := os.Getenv("INTEROP_HTTPS_URL") + "/.well-known/oauth-authorization-server/api/v1/tenant/rs256"
	Claim(module, "authenticates RS256 with `discoveryURL` the URL of RFC 8414", try(secure, byRFC8414))
}
