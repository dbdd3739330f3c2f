// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dex runs Dex, a real OpenID provider, for tests: with the configuration of the development cluster, beside a control plane of
// package testenv that accepts its tokens.
package dex

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"

	"github.com/usher-operator/usher/internal/testing/certificate"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	// PortalClientID is the client that has a secret: the portal.
	PortalClientID = "usher"
	// KubectlClientID is the public client: people's kubectl.
	KubectlClientID = "kubectl"
	// GroupPrefix is what the API server puts before the names of groups.
	GroupPrefix = "oidc:"

	startTimeout = time.Minute
	pollInterval = 20 * time.Millisecond
	stopTimeout  = 10 * time.Second
)

// guard is a shell script that executes the server and kills it when the test process ends: the kernel then closes the
// pipe. A line in the pipe means that the server has ended.
const guard = `exec 3<&0 </dev/null
{ read -r _ <&3 || kill -9 $$; } &
exec 3<&- "$0" "$@"`

// Options configure a server.
type Options struct {
	// RedirectURIs are where the portal's people may be sent back to.
	RedirectURIs []string
	// TokenLife is how long ID tokens are valid; zero: ten minutes.
	TokenLife time.Duration
	// EtcdURL is the etcd that keeps people and tokens, as Env.EtcdURL returns it; empty: they are forgotten when the server stops.
	EtcdURL string
}

// Server is a running Dex.
type Server struct {
	// Issuer is its URL, which tokens name.
	Issuer string
	// CAFile is a PEM file with the authority of its certificate.
	CAFile string
	// ClientSecret is the secret of PortalClientID.
	ClientSecret string
	// GRPCAddress is the host:port of its API, which takes the client certificate in CertFile with the key in KeyFile.
	GRPCAddress, CertFile, KeyFile string

	dir    string
	binary string
	ca     []byte
	client *http.Client
	cmd    *exec.Cmd
	pipe   *os.File
	ended  chan struct{}
}

// Start starts Dex, which keeps its files in dir, and returns when it answers. The first call on a machine builds it.
func Start(ctx context.Context, dir string, options Options) (*Server, error) {
	s := &Server{dir: dir, ClientSecret: rand.Text()}
	var err error
	if s.binary, err = testenv.Dex(ctx); err != nil {
		return nil, err
	}
	if err := s.configure(options); err != nil {
		return nil, fmt.Errorf("configure Dex: %w", err)
	}
	return s, s.Resume(ctx)
}

// settings are what hack/devcluster/dex.yaml.tmpl needs.
type settings struct {
	Issuer, Address, GRPCAddress string
	CAFile, CertFile, KeyFile    string
	Etcd                         struct{ Endpoint, CertFile, KeyFile string }
	LogLevel                     string
	TokenLife                    time.Duration
	ClientSecret                 string
	RedirectURIs                 []string
}

func (s *Server) configure(options Options) error {
	address, err := ports.Address()
	if err != nil {
		return err
	}
	if s.GRPCAddress, err = ports.Address(); err != nil {
		return err
	}
	shown, err := certificate.Loopback(s.dir)
	if err != nil {
		return err
	}
	if s.ca, err = os.ReadFile(shown.File); err != nil {
		return err
	}
	s.Issuer, s.CAFile, s.CertFile, s.KeyFile = "https://"+address+"/dex", shown.File, shown.File, shown.KeyFile
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.ca)
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	values := settings{
		Issuer: s.Issuer, Address: address, GRPCAddress: s.GRPCAddress,
		CAFile: s.CAFile, CertFile: s.CertFile, KeyFile: s.KeyFile,
		LogLevel: "debug", TokenLife: cmp.Or(options.TokenLife, 10*time.Minute),
		ClientSecret: s.ClientSecret, RedirectURIs: options.RedirectURIs,
	}
	values.Etcd.Endpoint = options.EtcdURL
	config, err := render("dex.yaml.tmpl", values)
	if err != nil {
		return err
	}
	return os.WriteFile(s.config(), config, 0o600)
}

// render fills in a file of the development cluster.
func render(name string, values any) ([]byte, error) {
	root, err := testenv.RepoRoot()
	if err != nil {
		return nil, err
	}
	text, err := template.ParseFiles(filepath.Join(root, "hack", "devcluster", name))
	if err != nil {
		return nil, err
	}
	var rendered bytes.Buffer
	err = text.Execute(&rendered, values)
	return rendered.Bytes(), err
}

func (s *Server) config() string { return filepath.Join(s.dir, "dex.yaml") }
func (s *Server) log() string    { return filepath.Join(s.dir, "dex.log") }

// Authentication returns the API server's configuration, for testenv.Options, with which it takes this server's tokens for
// KubectlClientID. The user's name is the address behind the prefix.
func (s *Server) Authentication(usernamePrefix string) ([]byte, error) {
	const indent = "      "
	return render("authentication.yaml.tmpl", struct{ Issuer, CA, UsernamePrefix, GroupPrefix string }{
		Issuer: s.Issuer, CA: indent + strings.ReplaceAll(strings.TrimSpace(string(s.ca)), "\n", "\n"+indent),
		UsernamePrefix: usernamePrefix, GroupPrefix: GroupPrefix,
	})
}

// CA returns the authority of the server's certificate, as PEM.
func (s *Server) CA() []byte { return s.ca }

// Client returns an HTTP client that trusts the server's certificate.
func (s *Server) Client() *http.Client { return s.client }

// Resume starts the server again after Stop, at the same addresses, and returns when it answers.
func (s *Server) Resume(ctx context.Context) error {
	if err := s.launch(); err != nil {
		return fmt.Errorf("start Dex: %w", err)
	}
	if err := s.awaitReady(ctx); err != nil {
		return errors.Join(err, s.Stop())
	}
	return nil
}

func (s *Server) launch() error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close() //nolint:errcheck // the guard has its own copy
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, writer.Close())
	}
	defer log.Close() //nolint:errcheck // the server has its own copy
	cmd := exec.Command("sh", "-c", guard, s.binary, "serve", s.config())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = reader, log, log
	// In a process group of its own, Ctrl-C in the terminal does not stop it too early.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, writer.Close())
	}
	ended := make(chan struct{})
	s.cmd, s.pipe, s.ended = cmd, writer, ended
	go func() {
		_ = cmd.Wait()                       // it was stopped, so its exit status means nothing
		_, _ = writer.WriteString("ended\n") // the guard may have been killed with the program
		_ = writer.Close()
		close(ended)
	}()
	return nil
}

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := s.answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("dex ended at once: %s", s.Log())
		case <-ctx.Done():
			return fmt.Errorf("dex does not answer: %w: %s", err, s.Log())
		case <-time.After(pollInterval):
		}
	}
}

func (s *Server) answers(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Issuer+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// Stop stops the server. Calling it again does nothing.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill() // fails only if it has already ended
		<-s.ended
	}
	s.cmd = nil
	s.client.CloseIdleConnections()
	return nil
}

// Log returns everything that the server has logged.
func (s *Server) Log() string {
	log, _ := os.ReadFile(s.log()) // empty if there is none
	return string(log)
}
