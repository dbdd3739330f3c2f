// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"net"
	"os"
	"strconv"
	"strings"
	"text/template"
)

const (
	daemonDex = "dex"

	portDex     = "dex"
	portDexGRPC = "dex-grpc"

	// dexTokenLife is how long tokens are valid. It is short, so that a development cluster shows how they are refreshed.
	dexTokenLife = "10m"
	// groupPrefix is what the API server puts before the provider's groups. The names of people have none.
	groupPrefix = "oidc:"
	// issuerPath is the path of Dex's pages.
	issuerPath = "/dex"
	// signInPath is where Dex sends people back to on the portal.
	signInPath = "/sign-in/callback"
)

// The tests of the operator use the same files, see internal/testing/dex.
var (
	//go:embed dex.yaml.tmpl
	dexConfig string
	//go:embed authentication.yaml.tmpl
	authenticationConfig string
)

// dexSettings are what dex.yaml.tmpl needs.
type dexSettings struct {
	Issuer, Address, GRPCAddress string
	CAFile, CertFile, KeyFile    string
	Etcd                         etcdSettings
	LogLevel, TokenLife          string
	ClientSecret                 string
	RedirectURIs                 []string
}

// etcdSettings say where Dex keeps what must survive a restart.
type etcdSettings struct{ Endpoint, CertFile, KeyFile string }

// authenticationSettings are what authentication.yaml.tmpl needs. CA is indented.
type authenticationSettings struct {
	Issuer, CA, UsernamePrefix, GroupPrefix string
}

// issuer is how people and pods reach Dex, so that both know it by the same name.
func (s *state) issuer() string {
	if s.Network != nil {
		return "https://" + s.Network.host() + issuerPath
	}
	return "https://" + loopback(s.Ports[portDex]) + issuerPath
}

// dexForNodes are Dex and its API on the bridge.
func (s *state) dexForNodes() (web, api string) {
	return net.JoinHostPort(s.Network.host(), strconv.Itoa(dexPort)), net.JoinHostPort(s.Network.host(), strconv.Itoa(dexAPIPort))
}

// dexDaemon keeps its data in the cluster's etcd, so that they end with the cluster and not before.
func dexDaemon(p paths, s *state) daemon {
	return daemon{
		name: daemonDex, binary: "dex",
		args:   []string{"serve", p.dexConfig()},
		inputs: []string{p.pki("server.crt"), p.pki("etcd-client.crt")},
		files:  map[string][]byte{p.dexConfig(): dexConfigOf(p, s)},
		ports:  []string{portDex, portDexGRPC},
		// On the bridge, it is reached only later.
		probe:  "https://" + loopback(s.Ports[portDex]) + issuerPath + "/healthz",
		client: certificateClient(p, ""),
	}
}

func dexConfigOf(p paths, s *state) []byte {
	return render(dexConfig, dexSettings{
		Issuer: s.issuer(), Address: loopback(s.Ports[portDex]), GRPCAddress: loopback(s.Ports[portDexGRPC]),
		CAFile: p.pki("ca.crt"), CertFile: p.pki("server.crt"), KeyFile: p.pki("server.key"),
		Etcd: etcdSettings{
			Endpoint: "https://" + loopback(s.Ports[portEtcd]),
			CertFile: p.pki("etcd-client.crt"), KeyFile: p.pki("etcd-client.key"),
		},
		LogLevel: "info", TokenLife: dexTokenLife, ClientSecret: fileText(p.dexSecret()),
		RedirectURIs: []string{"http://" + loopback(s.Ports[portPortal]) + signInPath},
	})
}

// authentication makes the API server accept tokens of Dex, beside client certificates and those of ServiceAccounts.
func authentication(p paths, s *state) []byte {
	const indent = "      "
	ca := strings.TrimSpace(fileText(p.pki("ca.crt")))
	return render(authenticationConfig, authenticationSettings{
		Issuer: s.issuer(), CA: indent + strings.ReplaceAll(ca, "\n", "\n"+indent), GroupPrefix: groupPrefix,
	})
}

// render panics if the data do not fit the template, which is part of this program.
func render(text string, data any) []byte {
	var rendered bytes.Buffer
	if err := template.Must(template.New("").Parse(text)).Execute(&rendered, data); err != nil {
		panic(err)
	}
	return rendered.Bytes()
}

// fileText returns the content of a file of the cluster. One that cannot be read is no error here: the daemon that needs it fails, and
// says so.
func fileText(path string) string {
	content, _ := os.ReadFile(path)
	return string(content)
}

// ensureSecret writes a random text to a file, unless it exists.
func ensureSecret(path string) error {
	if exists(path) {
		return nil
	}
	return writeFile(path, []byte(rand.Text()))
}
