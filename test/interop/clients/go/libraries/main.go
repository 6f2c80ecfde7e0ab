// Verifiers and clients that are libraries of Go.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	. "grantd.test/interop/interop"
)

var ctx = context.Background()

type accessClaims struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
}

// Validate is what go-jwt-middleware asks of claims of one's own.
func (accessClaims) Validate(context.Context) error { return nil }

func tryGoOIDC(tenant string) error {
	issuer := IssuerOf(tenant)
	// snippet go-oidc
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return err
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: "my-api"}) // the audience
	// end
	return TryVerifier(issuer, func(token string) (string, error) {
		verified, err := verifier.Verify(ctx, token)
		if err != nil {
			return "", err
		}
		var claims accessClaims
		err = verified.Claims(&claims)
		return claims.ClientID, err
	})
}

func tryJwx(tenant string) error {
	issuer := IssuerOf(tenant)
	// snippet jwx
	jwksURL := issuer + "/.well-known/jwks.json"
	cache, err := jwk.NewCache(ctx, httprc.NewClient())
	if err != nil {
		return err
	}
	if err := cache.Register(ctx, jwksURL); err != nil {
		return err
	}
	keys, err := cache.CachedSet(jwksURL)
	if err != nil {
		return err
	}
	verify := func(token string) (jwxjwt.Token, error) {
		return jwxjwt.Parse([]byte(token), jwxjwt.WithKeySet(keys), jwxjwt.WithIssuer(issuer),
			jwxjwt.WithAudience("my-api"), jwxjwt.WithRequiredClaim("exp"))
	}
	// end
	return TryVerifier(issuer, func(token string) (string, error) {
		verified, err := verify(token)
		if err != nil {
			return "", err
		}
		var client string
		err = verified.Get("client_id", &client)
		return client, err
	})
}

func tryGolangJWT(tenant, algorithm string) error {
	issuer := IssuerOf(tenant)
	// snippet golang-jwt
	keys, err := keyfunc.NewDefaultCtx(ctx, []string{issuer + "/.well-known/jwks.json"})
	if err != nil {
		return err
	}
	verify := func(token string, claims jwt.Claims) (*jwt.Token, error) {
		return jwt.ParseWithClaims(token, claims, keys.Keyfunc, jwt.WithValidMethods([]string{algorithm}),
			jwt.WithIssuer(issuer), jwt.WithAudience("my-api"), jwt.WithExpirationRequired())
	}
	// end
	return TryVerifier(issuer, func(token string) (string, error) {
		var claims accessClaims
		_, err := verify(token, &claims)
		return claims.ClientID, err
	})
}

func tryAuth0(tenant string, algorithm validator.SignatureAlgorithm) error {
	issuer := IssuerOf(tenant)
	// snippet go-jwt-middleware
	issuerURL, err := url.Parse(issuer)
	if err != nil {
		return err
	}
	keys := jwks.NewCachingProvider(issuerURL, 5*time.Minute)
	custom := func() validator.CustomClaims { return &accessClaims{} }
	verifier, err := validator.New(keys.KeyFunc, algorithm, issuer, []string{"my-api"}, validator.WithCustomClaims(custom))
	// end
	if err != nil {
		return err
	}
	return TryVerifier(issuer, func(token string) (string, error) {
		verified, err := verifier.ValidateToken(ctx, token)
		if err != nil {
			return "", err
		}
		return verified.(*validator.ValidatedClaims).CustomClaims.(*accessClaims).ClientID, nil
	})
}

func tryZitadel() error {
	issuer := IssuerOf("rs256")
	server, err := rs.NewResourceServerClientCredentials(ctx, issuer, APIID, APISecret)
	if err != nil {
		return err
	}
	return TryVerifier(issuer, func(token string) (string, error) {
		answer, err := rs.Introspect[*zitadel.IntrospectionResponse](ctx, server, token)
		if err != nil {
			return "", err
		}
		if !answer.Active {
			return "", errors.New("not active")
		}
		return answer.ClientID, nil
	})
}

func configOf(secret string, style oauth2.AuthStyle) *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID: ClientID, ClientSecret: secret, Scopes: []string{"read"},
		TokenURL: IssuerOf("rs256") + "/oauth/token", AuthStyle: style,
	}
}

func tryOAuth2(style oauth2.AuthStyle) func() error {
	return func() error {
		token, err := configOf(ClientSecret, style).Token(ctx)
		if err != nil {
			return err
		}
		return TryToken(IssuerOf("rs256"), token.AccessToken)
	}
}

func tryPrivateKeyJWT() error {
	issuer, clientID := IssuerOf("rs256"), os.Getenv("INTEROP_KEYED_ID")
	pem, err := os.ReadFile(os.Getenv("INTEROP_KEY_PEM"))
	if err != nil {
		return err
	}
	// snippet go-private-key-jwt
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return err
	}
	getToken := func(ctx context.Context) (*oauth2.Token, error) {
		assertion, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
			Issuer: clientID, Subject: clientID, Audience: jwt.ClaimStrings{issuer}, // the issuer, and nothing else
			ID: rand.Text(), ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Minute)),
		}).SignedString(key)
		if err != nil {
			return nil, err
		}
		config := clientcredentials.Config{
			ClientID: clientID, TokenURL: issuer + "/oauth/token", Scopes: []string{"read"}, AuthStyle: oauth2.AuthStyleInParams,
			EndpointParams: url.Values{
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion":      {assertion},
			},
		}
		return config.Token(ctx) // each token needs an assertion of its own, so config.TokenSource would fail at the second
	}
	// end
	for range 2 {
		token, err := getToken(ctx)
		if err != nil {
			return err
		}
		if err := TryTokenOf(clientID, issuer, token.AccessToken); err != nil {
			return err
		}
	}
	return nil
}

func tryRefusal() error {
	_, err := configOf("wrong", oauth2.AuthStyleInHeader).Token(ctx)
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_client" || refused.Response.StatusCode != http.StatusUnauthorized {
		return errors.New("another error than invalid_client")
	}
	return nil
}

func main() {
	const goOIDC = "github.com/coreos/go-oidc/v3"
	for _, each := range [][2]string{{"rs256", "RS256"}, {"es256", "ES256"}, {"eddsa", "EdDSA"}} {
		tenant, algorithm := each[0], each[1]
		Claim(goOIDC, "discovers and verifies "+algorithm, func() error { return tryGoOIDC(tenant) })
		Claim("github.com/lestrrat-go/jwx/v3", "verifies "+algorithm, func() error { return tryJwx(tenant) })
		Claim("github.com/golang-jwt/jwt/v5", "verifies "+algorithm+" with keyfunc", func() error { return tryGolangJWT(tenant, algorithm) })
		Claim("github.com/auth0/go-jwt-middleware/v2", "discovers and verifies "+algorithm, func() error {
			return tryAuth0(tenant, validator.SignatureAlgorithm(algorithm))
		})
	}
	Claim(goOIDC, "discovers and verifies at+jwt", func() error { return tryGoOIDC("atjwt") })
	Claim("github.com/zitadel/oidc/v3", "discovers and introspects as a resource server", tryZitadel)
	const xOAuth2 = "golang.org/x/oauth2"
	Claim(xOAuth2, "gets a token", tryOAuth2(oauth2.AuthStyleAutoDetect))
	Claim(xOAuth2, "gets a token, secret in the header", tryOAuth2(oauth2.AuthStyleInHeader))
	Claim(xOAuth2, "gets a token with private_key_jwt, signed by golang-jwt", tryPrivateKeyJWT)
	Claim(xOAuth2, "gets a token, secret in the form", tryOAuth2(oauth2.AuthStyleInParams))
	Claim(xOAuth2, "reads a refusal", tryRefusal)
}
