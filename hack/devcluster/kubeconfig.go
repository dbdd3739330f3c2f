// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// apiServer is the API server's address on this machine, apiServerForNodes that on the bridge.
func (s *state) apiServer() string { return loopback(s.Ports[portAPIServer]) }

func (s *state) apiServerForNodes() string {
	return net.JoinHostPort(s.Network.host(), strconv.Itoa(apiPort))
}

// writeCertificateKubeconfig writes a kubeconfig for the holder of one of the cluster's certificates.
func writeCertificateKubeconfig(p paths, server, path, user, pair string) error {
	certificate, err := os.ReadFile(p.pki(pair + ".crt"))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(p.pki(pair + ".key"))
	if err != nil {
		return err
	}
	return writeKubeconfig(p, server, path, user, fmt.Sprintf("client-certificate-data: %s\n    client-key-data: %s",
		base64.StdEncoding.EncodeToString(certificate), base64.StdEncoding.EncodeToString(key)))
}

// writeTokenKubeconfig writes a kubeconfig for the holder of a token.
func writeTokenKubeconfig(p paths, server, path, user, token string) error {
	return writeKubeconfig(p, server, path, user, "token: "+token)
}

func writeKubeconfig(p paths, server, path, user, credentials string) error {
	authority, err := os.ReadFile(p.pki("ca.crt"))
	if err != nil {
		return err
	}
	return writeFile(path, fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters:
- name: usher-dev
  cluster:
    server: https://%s
    certificate-authority-data: %s
users:
- name: %s
  user:
    %s
contexts:
- name: usher-dev
  context:
    cluster: usher-dev
    user: %s
    namespace: default
current-context: usher-dev
`, server, base64.StdEncoding.EncodeToString(authority), user, credentials, user))
}

// tokenIn returns the token in a file of writeTokenKubeconfig, or "".
func tokenIn(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		if token, found := strings.CutPrefix(strings.TrimSpace(line), "token: "); found {
			return token
		}
	}
	return ""
}

// expires returns when a ServiceAccount's token expires, without verifying it; zero when it is not such a token.
func expires(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expiry int64 `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Expiry == 0 {
		return time.Time{}
	}
	return time.Unix(claims.Expiry, 0)
}
