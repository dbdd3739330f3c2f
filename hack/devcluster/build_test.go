// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestComponentsHaveTheVersionsOfGoMod(t *testing.T) {
	list, err := components("require (\n\tgo.etcd.io/etcd/server/v3 v3.6.8 // indirect\n\tk8s.io/kubernetes v1.36.3\n)\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		kubernetes := c.name != "etcd"
		if kubernetes != (c.version == "v1.36.3") || kubernetes != strings.Contains(c.ldflags(), "version.gitMinor=36") {
			t.Errorf("%s: %s %s", c.name, c.version, c.ldflags())
		}
	}
	if _, err := components("module x\n"); err == nil || !strings.Contains(err.Error(), "does not require") {
		t.Errorf("got %v", err)
	}
}

func TestOwnGoModNamesAllComponents(t *testing.T) {
	goMod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := components(string(goMod)); err != nil {
		t.Error(err)
	}
}

func TestCacheDependsOnWhatIsBuilt(t *testing.T) {
	p := paths{root: t.TempDir()}
	t.Setenv("XDG_CACHE_HOME", "/cache")
	if err := os.MkdirAll(p.module(), 0o700); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, content := range []string{"one", "two", "one"} {
		for _, name := range []string{"go.mod", "go.sum"} {
			if err := os.WriteFile(filepath.Join(p.module(), name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, version := range []string{"go1.26.1", "go1.26.2"} {
			dir, err := cacheDir(p, nil, version)
			if err != nil || !strings.HasPrefix(dir, "/cache/usher/controlplane/") {
				t.Errorf("got %q, %v", dir, err)
			}
			seen[dir] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("two contents and two versions of Go make %d caches", len(seen))
	}
}

func TestGivenAssetsMustBeComplete(t *testing.T) {
	p, given := paths{root: t.TempDir()}, t.TempDir()
	if err := os.MkdirAll(p.module(), 0o700); err != nil {
		t.Fatal(err)
	}
	goMod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.module(), "go.mod"), goMod, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBEBUILDER_ASSETS", given)
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		if err := os.WriteFile(filepath.Join(given, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := newConsole(t.Output())
	err = buildControlPlane(t.Context(), p, out)
	if err == nil || !strings.Contains(err.Error(), "has no kube-controller-manager") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(given, "kube-controller-manager"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := buildControlPlane(t.Context(), p, out); err != nil {
			t.Fatal(err)
		}
	}
	if target, err := os.Readlink(p.bin("etcd")); err != nil || target != filepath.Join(given, "etcd") {
		t.Errorf("got %q, %v", target, err)
	}
	t.Setenv("KUBEBUILDER_ASSETS", p.bin(""))
	if got := givenAssets(p); got != "" {
		t.Errorf("the directory of links would be linked to itself: %q", got)
	}
}

func TestSpace(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "not", "yet")
	if err := requireSpace(missing, 1, "a test"); err != nil {
		t.Error(err)
	}
	err := requireSpace(missing, 1<<62, "a test")
	if err == nil || !strings.Contains(err.Error(), "no space left at "+missing) {
		t.Errorf("got %v", err)
	}
}
