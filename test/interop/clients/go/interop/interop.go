// Package interop is what the programs share: where grantd is, tokens by hand, and how a claim is printed.
package interop

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
)

var (
	ClientID     = os.Getenv("INTEROP_CLIENT_ID")
	ClientSecret = os.Getenv("INTEROP_CLIENT_SECRET")
	APIID        = os.Getenv("INTEROP_API_ID")
	APISecret    = os.Getenv("INTEROP_API_SECRET")
)

const Audience = "my-api"

// IssuerOf is the issuer of a tenant: rs256, es256, eddsa, atjwt.
func IssuerOf(tenant string) string { return os.Getenv("INTEROP_URL") + "/api/v1/tenant/" + tenant }

func SecureIssuerOf(tenant string) string {
	return os.Getenv("INTEROP_HTTPS_URL") + "/api/v1/tenant/" + tenant
}

// GetToken gets a token by hand, for clients that verify one.
func GetToken(issuer string) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {"read"},
		"client_id": {ClientID}, "client_secret": {ClientSecret},
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	return answer.AccessToken, errors.Join(post(issuer+"/oauth/token", form, &answer), nilIf(answer.AccessToken != "", "no token"))
}

func post(endpoint string, form url.Values, answer any) error {
	response, err := http.PostForm(endpoint, form)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%d %s", response.StatusCode, body)
	}
	return json.Unmarshal(body, answer)
}

func nilIf(holds bool, message string) error {
	if holds {
		return nil
	}
	return errors.New(message)
}

// TryToken says whether what a client got is a token of the client with the scope that it asked for.
func TryToken(issuer, token string) error { return TryTokenOf(ClientID, issuer, token) }

// TryTokenOf is TryToken for another client.
func TryTokenOf(clientID, issuer, token string) error {
	form := url.Values{"token": {token}, "client_id": {APIID}, "client_secret": {APISecret}}
	var answer struct {
		Active   bool   `json:"active"`
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
	}
	if err := post(issuer+"/oauth/introspect", form, &answer); err != nil {
		return err
	}
	return nilIf(answer.Active && answer.ClientID == clientID && answer.Scope == "read", "not the token of the client")
}

// Verify answers the client of a token, or why it is refused.
type Verify func(token string) (client string, err error)

// TryVerifier says whether a verifier takes a good token and refuses a changed one, one of another tenant, and nonsense.
func TryVerifier(issuer string, verify Verify) error {
	token, err := GetToken(issuer)
	if err != nil {
		return err
	}
	client, err := verify(token)
	if err != nil {
		return err
	}
	if client != ClientID {
		return fmt.Errorf("answers the client %q", client)
	}
	other, err := GetToken(otherOf(issuer))
	if err != nil {
		return err
	}
	for _, bad := range []string{changed(token), other, "nonsense"} {
		if _, err := verify(bad); err == nil {
			return errors.New("takes a bad token")
		}
	}
	return nil
}

func changed(token string) string {
	parts := strings.Split(token, ".")
	signature := []byte(parts[2])
	for i, j := 0, len(signature)-1; i < j; i, j = i+1, j-1 {
		signature[i], signature[j] = signature[j], signature[i]
	}
	return parts[0] + "." + parts[1] + "." + string(signature)
}

func otherOf(issuer string) string {
	base, tenant := issuer[:strings.LastIndex(issuer, "/")+1], issuer[strings.LastIndex(issuer, "/")+1:]
	if tenant == "rs256" {
		return base + "atjwt"
	}
	return base + "rs256"
}

// Setting is what makes a client work that does not as it comes.
type Setting struct {
	What string
	Try  func() error
}

// Claim prints what became of one thing that a client does: asItComes first; where that fails, each of the settings until one works.
func Claim(module, does string, asItComes func() error, settings ...Setting) {
	line := map[string]string{
		"client": nameOf(module), "version": VersionOf(module), "does": does,
		"result": "fails", "setting": "", "why": "",
	}
	for _, setting := range append([]Setting{{"", asItComes}}, settings...) {
		err := attempt(setting.Try)
		if err != nil {
			line["why"] = explain(err)
			continue
		}
		line["setting"] = setting.What
		line["result"] = "works"
		if setting.What != "" {
			line["result"] = "setting"
		}
		break
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func attempt(try func() error) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panics: %v", panicked)
		}
	}()
	return try()
}

var port = regexp.MustCompile(`localhost:\d+`)

// explain is one line without what changes from run to run.
func explain(err error) string {
	text := strings.Join(strings.Fields(port.ReplaceAllString(err.Error(), "localhost")), " ")
	return text[:min(len(text), 200)]
}

var major = regexp.MustCompile(`/v\d+$`)

func nameOf(module string) string {
	return strings.TrimPrefix(major.ReplaceAllString(module, ""), "github.com/")
}

// Program is the file of another program whose version counts; empty: this one was built with the module.
var Program string

func VersionOf(module string) string {
	build, _ := debug.ReadBuildInfo()
	if Program != "" {
		var err error
		if build, err = buildinfo.ReadFile(Program); err != nil {
			return "not built"
		}
	}
	for _, dependency := range append(build.Deps, &build.Main) {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	return "unknown"
}
