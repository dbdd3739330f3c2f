// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// errNoNodes is why a machine cannot run nodes.
var errNoNodes = errors.New("this machine cannot run nodes")

// debianPrograms are the programs of nodes that come from Debian, by the package that has them.
var debianPrograms = map[string]string{
	"runc": "runc", "iptables": "iptables", "ipset": "ipset", "nft": "nftables", "conntrack": "conntrack",
	filepath.Join(cniPrograms, "bridge"): "containernetworking-plugins",
}

// requireNodes returns an error that says everything that keeps this machine from running nodes. Programs of Debian that are missing
// are installed if that is possible.
func requireNodes(ctx context.Context, p paths, count int, out *console) error {
	if count > maxNodes {
		return fmt.Errorf("a development cluster has at most %d nodes, not %d", maxNodes, count)
	}
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root: nodes are made of namespaces and cgroups of this machine")
	} else if err := tryNamespaces(); err != nil {
		missing = append(missing, fmt.Sprintf("namespaces for mounts, network, processes, host name, IPC and cgroups (%v): "+
			"a kernel that has them, and outside of containers that may not make them", err))
	}
	if _, err := findHierarchies(); err != nil {
		missing = append(missing, err.Error())
	}
	if systems, err := os.ReadFile("/proc/filesystems"); err == nil && !strings.Contains(string(systems), "overlay") {
		missing = append(missing, "overlayfs: a kernel with CONFIG_OVERLAY_FS")
	}
	dir := p.dev("")
	for _, hidden := range []string{"/var/lib/", "/var/log/", "/run/", "/sys/", "/proc/"} {
		if strings.HasPrefix(dir, hidden) {
			missing = append(missing, fmt.Sprintf("a directory outside of %s, which nodes have for themselves, not %s", hidden, dir))
		}
	}
	if len(missing) == 0 {
		if err := ensureDebian(ctx, out); err != nil {
			missing = append(missing, err.Error())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w. It lacks:\n- %s", errNoNodes, strings.Join(missing, "\n- "))
	}
	return nil
}

// requireNoOlder returns an error if an API server is older than the kubelet, which Kubernetes does not support.
func requireNoOlder(ctx context.Context, apiServer string, tools []component) error {
	printed, err := output(command(ctx, "/", apiServer, "--version"))
	if err != nil {
		return err
	}
	has := strings.TrimPrefix(strings.TrimSpace(string(printed)), "Kubernetes ")
	at := slices.IndexFunc(tools, func(c component) bool { return c.name == "kubelet" })
	if minorNumber(has) < minorNumber(tools[at].version) {
		return fmt.Errorf("nodes are of Kubernetes %s, and the API server is an older one, %s: leave out --kubernetes, and unset "+
			"KUBEBUILDER_ASSETS if it is set", tools[at].version, has)
	}
	return nil
}

func minorNumber(version string) int {
	parts := numbers(version)
	if len(parts) < 2 {
		return 0
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0
	}
	return minor
}

// tryNamespaces starts a program in namespaces of its own.
func tryNamespaces() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	try := exec.Command(self, commandNothing)
	try.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	return try.Run()
}

// ensureDebian installs the programs of Debian that are missing.
func ensureDebian(ctx context.Context, out *console) error {
	packages := missingPackages()
	if len(packages) == 0 {
		return nil
	}
	advice := "apt-get install " + strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("programs, on Debian: %s", advice)
	}
	out.say("installing %s", strings.Join(packages, " "))
	for _, args := range [][]string{{"update", "-qq"}, append([]string{"install", "-qq", "-y", "--no-install-recommends"}, packages...)} {
		install := command(ctx, "/", "apt-get", args...)
		install.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if _, err := output(install); err != nil {
			return fmt.Errorf("programs: %s: %w", advice, err)
		}
	}
	if packages := missingPackages(); len(packages) > 0 {
		return fmt.Errorf("programs, also after they were installed: those of the packages %s", strings.Join(packages, " "))
	}
	return nil
}

// missingPackages returns the packages of Debian that nodes need and the machine lacks.
func missingPackages() (packages []string) {
	for program, name := range debianPrograms {
		if !installed(program) && !slices.Contains(packages, name) {
			packages = append(packages, name)
		}
	}
	slices.Sort(packages)
	return packages
}

func installed(program string) bool {
	if filepath.IsAbs(program) {
		return exists(program)
	}
	for _, dir := range filepath.SplitList(nodePrograms(nil)) {
		if exists(filepath.Join(dir, program)) {
			return true
		}
	}
	return false
}
