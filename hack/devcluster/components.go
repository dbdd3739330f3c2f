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
	"slices"
	"strings"
)

// component is one program of the control plane.
type component struct {
	program

	module  string
	version string
	// source is the directory of the go.mod that pins it.
	source string
	// cache is the directory of the built program, shared by all checkouts that need the same one.
	cache string
	// onNodes is set if it is needed for nodes only.
	onNodes bool
}

const (
	kubernetes = "k8s.io/kubernetes"
	etcd       = "go.etcd.io/etcd/server/v3"
	containerd = "github.com/containerd/containerd/v2"
	dex        = "github.com/dexidp/dex"
)

// known lists the programs of a control plane, with the identity provider that it trusts, and, onNodes, those of nodes.
var known = []component{
	{program: program{name: "etcd", pkg: etcd}, module: etcd},
	{program: program{name: "kube-apiserver", pkg: kubernetes + "/cmd/kube-apiserver"}, module: kubernetes},
	{program: program{name: "kube-controller-manager", pkg: kubernetes + "/cmd/kube-controller-manager"}, module: kubernetes},
	{program: program{name: "kubectl", pkg: kubernetes + "/cmd/kubectl"}, module: kubernetes},
	{program: program{name: "dex", pkg: dex + "/cmd/dex"}, module: dex},
	{program: program{name: "kube-scheduler", pkg: kubernetes + "/cmd/kube-scheduler"}, module: kubernetes, onNodes: true},
	{program: program{name: "kubelet", pkg: kubernetes + "/cmd/kubelet"}, module: kubernetes, onNodes: true},
	{program: program{name: "kube-proxy", pkg: kubernetes + "/cmd/kube-proxy"}, module: kubernetes, onNodes: true},
	{program: program{name: "containerd", pkg: containerd + "/cmd/containerd"}, module: containerd, onNodes: true},
	{
		program: program{name: "containerd-shim-runc-v2", pkg: containerd + "/cmd/containerd-shim-runc-v2"},
		module:  containerd, onNodes: true,
	},
	{program: program{name: "ctr", pkg: containerd + "/cmd/ctr"}, module: containerd, onNodes: true},
}

// The supported versions of Kubernetes by name; their minor versions are names as well.
const (
	newest = "newest"
	oldest = "oldest"
)

// components returns the control plane of a version of Kubernetes, "newest" when it is empty, and its minor version.
// The oldest version consists of the programs that matter to a client, on the newest etcd, with the newest kubectl and Dex:
// building those twice would cost a minute and test nothing of Usher.
func components(p paths, version string) (list []component, minor string, err error) {
	list, err = pinned(p.module())
	if err != nil {
		return nil, "", err
	}
	provider, err := pinned(p.dex())
	if err != nil {
		return nil, "", err
	}
	list = slices.DeleteFunc(slices.Concat(list, provider), func(c component) bool { return c.onNodes })
	latest, err := minorVersion(list)
	if err != nil || slices.Contains([]string{"", newest, latest}, version) {
		return list, latest, err
	}
	older, err := pinned(p.oldest())
	if err != nil {
		return nil, "", err
	}
	minor, err = minorVersion(older)
	if err != nil {
		return nil, "", err
	}
	if version != oldest && version != minor {
		return nil, "", fmt.Errorf("version %s of Kubernetes is not supported: choose %s (%s) or %s (%s)",
			version, latest, newest, minor, oldest)
	}
	for i, c := range list {
		at := slices.IndexFunc(older, func(o component) bool { return o.name == c.name })
		if at >= 0 {
			list[i] = older[at]
		}
	}
	return list, minor, nil
}

// pinned returns the components that are tools of the go.mod in a directory, with their versions.
func pinned(dir string) ([]component, error) {
	content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	goMod, list := string(content), []component(nil)
	for _, c := range known {
		tool := regexp.MustCompile(`(?m)^\s*(?:tool\s+)?` + regexp.QuoteMeta(c.pkg) + `$`)
		if !tool.MatchString(goMod) {
			continue
		}
		c.source = dir
		if c.version, err = requiredVersion(goMod, c.module); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "go.mod"), err)
		}
		c.ldflags = ldflags(c.module, c.version)
		list = append(list, c)
	}
	return cached(dir, list)
}

// cached sets the cache of components from one directory.
func cached(dir string, list []component) ([]component, error) {
	cache, err := cacheDir(dir, list, runtime.Version())
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].cache = cache
	}
	return list, nil
}

// requiredVersion finds the version of a module in the text of a go.mod.
func requiredVersion(goMod, module string) (string, error) {
	line := regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(module) + `\s+(v\S+)`)
	match := line.FindStringSubmatch(goMod)
	if match == nil {
		return "", fmt.Errorf("%s is not required: run `go get -tool` for it", module)
	}
	return match[1], nil
}

// minorVersion returns the minor version of the Kubernetes among the components, such as 1.37.
func minorVersion(list []component) (string, error) {
	for _, c := range list {
		if parts := numbers(c.version); c.module == kubernetes && len(parts) > 1 {
			return parts[0] + "." + parts[1], nil
		}
	}
	return "", errors.New("no go.mod of the development cluster has kube-apiserver among its tools")
}

func numbers(version string) []string { return strings.Split(strings.TrimPrefix(version, "v"), ".") }

// ldflags leave out what only debuggers need, and set the version in programs of Kubernetes, as its releases do.
func ldflags(module, version string) string {
	flags := []string{"-s", "-w"}
	if parts := numbers(version); module == kubernetes && len(parts) > 1 {
		for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
			flags = append(flags,
				"-X "+pkg+".gitVersion="+version,
				"-X "+pkg+".gitMajor="+parts[0],
				"-X "+pkg+".gitMinor="+parts[1],
				"-X "+pkg+".gitTreeState=clean")
		}
	}
	return strings.Join(flags, " ")
}

// cacheDir returns the directory of the programs that a go.mod pins. Its name changes with everything that they depend on.
func cacheDir(dir string, list []component, goVersion string) (string, error) {
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", errors.New("there is no place for the cache: set HOME or XDG_CACHE_HOME")
		}
		base = filepath.Join(home, ".cache")
	}
	hash := sha256.New()
	files := []string{"go.mod", "go.sum"}
	for _, c := range list {
		if strings.HasPrefix(c.pkg, "./") {
			files = append(files, filepath.Join(c.pkg, "main.go"))
		}
	}
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s\n", name, len(content), content)
	}
	fmt.Fprintf(hash, "%s %s %s %q %q\n", goVersion, runtime.GOOS, runtime.GOARCH, buildFlags, buildEnv)
	for _, c := range list {
		fmt.Fprintf(hash, "%s %s %s\n", c.name, c.pkg, c.ldflags)
	}
	return filepath.Join(base, "usher", "controlplane", hex.EncodeToString(hash.Sum(nil))[:16]), nil
}
