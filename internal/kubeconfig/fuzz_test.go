// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package kubeconfig_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/usher-operator/usher/internal/kubeconfig"
)

// FuzzKubeconfig writes kubeconfigs of anybody. kubectl reads what was meant, and another YAML parser reads the same arguments: no name adds
// an argument, an entry or a document.
func FuzzKubeconfig(f *testing.F) {
	f.Add("prod", "https://api.acme.example:6443", "nora@acme.example", "acme", "acme-support", "https://login.acme.example", "kubectl")
	f.Add("a: b\n- c", "x\"'#", "sso:\u2028{}", "---\n", "!!binary x", "*a &b", "yes")
	f.Add("0x1f", "1e3", "null", "~", "2026-11-30", " x ", "\x00\x1b")
	f.Fuzz(func(t *testing.T, name, server, user, organization, workspace, issuer, client string) {
		if slices.ContainsFunc([]string{name, server, user, organization, workspace, issuer, client}, impossible) {
			return
		}
		c := kubeconfig.Cluster{Name: name, Server: server, Login: kubeconfig.Login{IssuerURL: issuer, ClientID: client, Scopes: []string{"openid", "email"}}}
		written, err := c.For(kubeconfig.Person{Username: user, Email: user, Organization: organization, Workspaces: []string{workspace}})
		if err != nil {
			if c.Offered() {
				t.Fatal(err)
			}
			return
		}
		checkKubectl(t, written, c, user, workspace)
		checkOtherParser(t, written, c.Login.Args(user))
	})
}

// checkKubectl checks that kubectl reads what was meant.
func checkKubectl(t *testing.T, written []byte, c kubeconfig.Cluster, user, workspace string) {
	read, err := clientcmd.Load(written)
	if err != nil || len(read.Clusters) != 1 || len(read.AuthInfos) != 1 || len(read.Contexts) != 1 {
		t.Fatalf("%s is read as %+v: %v", written, read, err)
	}
	login := read.AuthInfos[user+"@"+c.Name]
	context := read.Contexts[read.CurrentContext]
	if login == nil || context == nil || read.Clusters[c.Name] == nil {
		t.Fatalf("%s is read as %+v", written, read)
	}
	if read.Clusters[c.Name].Server != c.Server || context.Namespace != workspace ||
		login.Exec.Command != "kubectl" || !slices.Equal(login.Exec.Args, c.Login.Args(user)) {
		t.Fatalf("%s is read as %+v", written, read)
	}
}

// impossible reports whether a text is one that neither the configuration nor the API takes.
func impossible(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl)
}

// checkOtherParser checks that a parser of another family reads the same.
func checkOtherParser(t *testing.T, written []byte, args []string) {
	var other struct {
		Users []struct {
			User struct {
				Exec struct {
					Args []string `yaml:"args"`
				} `yaml:"exec"`
			} `yaml:"user"`
		} `yaml:"users"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(written)))
	if err := decoder.Decode(&other); err != nil || len(other.Users) != 1 || !slices.Equal(other.Users[0].User.Exec.Args, args) {
		t.Fatalf("%s is read as %+v: %v", written, other, err)
	}
	if decoder.Decode(&other) == nil {
		t.Fatalf("%s has a second document", written)
	}
}
