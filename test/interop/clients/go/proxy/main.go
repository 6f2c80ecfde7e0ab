// oauth2-proxy in front of an API, which takes bearer tokens.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	. "grantd.test/interop/interop"
)

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func try(tenant string, options ...string) func() error {
	return func() error {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		issuer := IssuerOf(tenant)
		arguments := append([]string{
			"--provider=oidc", "--oidc-issuer-url=" + issuer, "--client-id=" + Audience, "--client-secret=none",
			"--cookie-secret=0123456789abcdef", "--skip-jwt-bearer-tokens", "--email-domain=*", "--upstream=static://200",
			"--http-address=" + address, "--redirect-url=http://" + address + "/oauth2/callback", "--bearer-token-login-fallback=false",
		}, options...)
		var output bytes.Buffer
		command := exec.Command(Program, arguments...)
		command.Stdout, command.Stderr = &output, &output
		if err := command.Start(); err != nil {
			return err
		}
		defer func() { _ = command.Process.Kill(); _ = command.Wait() }()
		if err := waitFor("http://" + address + "/ping"); err != nil {
			return fmt.Errorf("%w: %s", err, lastLine(output.Bytes()))
		}
		return TryVerifier(issuer, func(token string) (string, error) { return call("http://"+address+"/", token) })
	}
}

func lastLine(text []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return lines[len(lines)-1]
}

func waitFor(url string) error {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if response, err := http.Get(url); err == nil {
			response.Body.Close()
			return nil
		}
	}
	return errors.New("does not listen")
}

// call answers the client when the request was let through: the proxy says nothing of its claims.
func call(url, token string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%d %.80s", response.StatusCode, body)
	}
	return ClientID, nil
}

func main() {
	const module = "github.com/oauth2-proxy/oauth2-proxy/v7"
	Program = filepath.Join(os.Getenv("INTEROP_BUILD"), "oauth2-proxy")
	email := "--oidc-email-claim=sub"
	setting := "`--oidc-email-claim=sub`"
	Claim(module, "discovers and lets bearer tokens in, RS256", try("rs256"), Setting{setting, try("rs256", email)})
	Claim(module, "discovers and lets bearer tokens in, ES256", try("es256"),
		Setting{setting, try("es256", email)},
		Setting{setting + ", `--oidc-enabled-signing-alg=ES256`", try("es256", email, "--oidc-enabled-signing-alg=ES256")})
}
