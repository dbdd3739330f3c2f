// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/plugin"
)

// logIn plays the invited person's first day: her own kubectl, with her own token.
func (s *story) logIn(ctx context.Context) error {
	s.begin("Nora logs in")
	s.say("So far, the cluster's administrator has acted in her name (--as). Now she uses her own kubectl. The kubeconfig of her\n" +
		"welcome mail contains nothing secret: it logs her in with Dex, the identity provider of this cluster, where her account\n" +
		"has the password that she has chosen, and with the plugin kubectl usher.")
	var err error
	s.nora, err = s.laptop(ctx)
	if err != nil {
		return s.unexpected("the kubeconfig and the plugin", err.Error(), "portal.log")
	}
	config := filepath.Base(s.nora.config)
	s.print("\nnora$ export KUBECONFIG=~/Downloads/" + config)
	for _, args := range [][]string{
		{"usher", "login"},
		{"get", "configmap", "runbook", "--output=jsonpath={.data}"},
		{"auth", "whoami"},
		{"usher", "whoami", "-n", organization},
	} {
		s.print("\nnora$ " + typed(append([]string{"kubectl"}, args...)...))
		output, err := s.nora.kubectl(ctx, s, args...)
		s.answer(output)
		if err != nil {
			return s.unexpected("the last command to succeed", err.Error()+"\n"+output, "dex.log")
		}
	}
	s.say("Her login is kept in a file that only she can read, and renewed until she types kubectl usher logout.")
	return nil
}

// laptop is the invited person's computer.
type laptop struct {
	kubectlPath, plugins, config, cache string
	browser                             *dex.Browser
}

// laptop gives her the plugin and the kubeconfig of the page.
func (s *story) laptop(ctx context.Context) (*laptop, error) {
	home := filepath.Join(s.cluster.data, "nora")
	if err := errors.Join(os.RemoveAll(home), os.MkdirAll(filepath.Join(home, "Downloads"), 0o700)); err != nil {
		return nil, err
	}
	trust, err := s.cluster.dexTLS()
	if err != nil {
		return nil, err
	}
	n := &laptop{
		kubectlPath: filepath.Join(s.cluster.data, "bin", "kubectl"),
		plugins:     filepath.Join(home, "bin"), cache: filepath.Join(home, "cache"),
		browser: dex.NewBrowser(&http.Client{Transport: &http.Transport{TLSClientConfig: trust}}),
	}
	if err := os.Mkdir(n.plugins, 0o700); err != nil {
		return nil, err
	}
	if _, err := plugin.Build(ctx, n.plugins); err != nil {
		return nil, err
	}
	n.config, err = s.saveKubeconfig(ctx, filepath.Join(home, "Downloads"))
	return n, err
}

// dexTLS returns what a browser needs to trust Dex.
func (c *cluster) dexTLS() (*tls.Config, error) {
	ca, err := os.ReadFile(c.env["DEX_CA"])
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

var filename = regexp.MustCompile(`filename=([\w.-]+)`)

// saveKubeconfig presses the button of the welcome page.
func (s *story) saveKubeconfig(ctx context.Context, folder string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.welcome+"/kubeconfig", http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := s.browser.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	name := filename.FindStringSubmatch(response.Header.Get("Content-Disposition"))
	content, err := io.ReadAll(response.Body)
	if err != nil || name == nil {
		return "", errors.Join(err, fmt.Errorf("the welcome page offers no kubeconfig: %s", response.Status))
	}
	path := filepath.Join(folder, name[1])
	return path, os.WriteFile(path, content, 0o600)
}

var loginAddress = regexp.MustCompile(`(?m)^https://\S+\n`)

// kubectl runs a command on her computer. Where it tells her to log in, she fills in Dex's form.
func (n *laptop) kubectl(ctx context.Context, s *story, args ...string) (string, error) {
	command := exec.CommandContext(ctx, n.kubectlPath, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+n.config, "XDG_CACHE_HOME="+n.cache, "BROWSER=true", // which does nothing
		"PATH="+strings.Join([]string{n.plugins, filepath.Dir(n.kubectlPath), os.Getenv("PATH")}, string(filepath.ListSeparator)))
	var output bytes.Buffer
	command.Stdout = &output
	errors := &watched{address: make(chan string, 1)}
	command.Stderr = errors
	if err := command.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case address := <-errors.address:
			s.print("Log in with the browser. If none has opened, open this address in a browser of this computer:\n" +
				address[:strings.IndexByte(address, '?')] + "?…")
			s.say("  (She fills in Dex's form: %s, and her password.)\n", invited)
			if _, err := n.browser.SignIn(ctx, address, invited, s.password); err != nil {
				return "", fmt.Errorf("log in at Dex: %w", err)
			}
		case err := <-ended:
			if err != nil {
				return output.String() + errors.text.String(), err
			}
			return output.String(), nil
		}
	}
}

// watched waits for an address in what a command prints.
type watched struct {
	text    bytes.Buffer
	address chan string
	once    sync.Once
}

func (w *watched) Write(p []byte) (int, error) {
	w.text.Write(p)
	if found := loginAddress.Find(w.text.Bytes()); found != nil {
		w.once.Do(func() { w.address <- strings.TrimSpace(string(found)) })
	}
	return len(p), nil
}
