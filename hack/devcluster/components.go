// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// component is one binary of the control plane.
type component struct {
	name    string
	pkg     string
	module  string
	version string
}

// components lists the control plane in the order in which it is built.
func components(goMod string) ([]component, error) {
	const kubernetes, etcd = "k8s.io/kubernetes", "go.etcd.io/etcd/server/v3"
	list := []component{
		{name: "etcd", module: etcd, pkg: etcd},
		{name: "kube-apiserver", module: kubernetes, pkg: kubernetes + "/cmd/kube-apiserver"},
		{name: "kube-controller-manager", module: kubernetes, pkg: kubernetes + "/cmd/kube-controller-manager"},
		{name: "kubectl", module: kubernetes, pkg: kubernetes + "/cmd/kubectl"},
	}
	for i := range list {
		version, err := requiredVersion(goMod, list[i].module)
		if err != nil {
			return nil, err
		}
		list[i].version = version
	}
	return list, nil
}

// requiredVersion finds the version of a module in the text of a go.mod.
func requiredVersion(goMod, module string) (string, error) {
	line := regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(module) + `\s+(v\S+)`)
	match := line.FindStringSubmatch(goMod)
	if match == nil {
		return "", fmt.Errorf("hack/devcluster/go.mod does not require %s: run `go get -tool` for it", module)
	}
	return match[1], nil
}

// ldflags leave out what only debuggers need, and tell the Kubernetes programs their version, which releases get in
// this way as well.
func (c component) ldflags() string {
	flags := []string{"-s", "-w"}
	parts := strings.SplitN(strings.TrimPrefix(c.version, "v"), ".", 3)
	if strings.HasPrefix(c.module, "k8s.io/") && len(parts) == 3 {
		for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
			flags = append(flags,
				"-X "+pkg+".gitVersion="+c.version,
				"-X "+pkg+".gitMajor="+parts[0],
				"-X "+pkg+".gitMinor="+parts[1],
				"-X "+pkg+".gitTreeState=clean")
		}
	}
	return strings.Join(flags, " ")
}

// cacheDir is where all checkouts that need the same binaries share them.
func cacheDir(p paths, list []component, goVersion string) (string, error) {
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", errors.New("there is no place for the cache: set HOME or XDG_CACHE_HOME")
		}
		base = filepath.Join(home, ".cache")
	}
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(p.module(), name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s\n", name, len(content), content)
	}
	fmt.Fprintf(hash, "%s %s %s\n", goVersion, runtime.GOOS, runtime.GOARCH)
	for _, c := range list {
		fmt.Fprintf(hash, "%s %s %s\n", c.name, c.pkg, c.ldflags())
	}
	return filepath.Join(base, "usher", "controlplane", hex.EncodeToString(hash.Sum(nil))[:16]), nil
}
