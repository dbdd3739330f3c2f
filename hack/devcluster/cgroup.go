// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hierarchy is a tree of cgroups: one of those of version 1, or the one of version 2.
type hierarchy struct {
	// dir is where it is mounted.
	dir string
	// options are those of mount, such as cpu,cpuacct or none,name=systemd; empty: version 2.
	options string
}

// hierarchies are all trees that the machine has mounted. A machine has version 1 or version 2, or version 1 and a tree of version 2
// beside it that controls nothing.
type hierarchies []hierarchy

// controllersV1 are the controllers that the kubelet and runc use, or that keep containers apart.
var controllersV1 = []string{
	"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "hugetlb", "net_cls", "net_prio", "perf_event",
}

// controllersV2 have to be available to nodes.
var controllersV2 = []string{"cpu", "cpuset", "memory", "pids"}

const cgroupRoot = "/sys/fs/cgroup"

// findHierarchies reads what is mounted.
func findHierarchies() (hierarchies, error) {
	content, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := parseHierarchies(string(content))
	if len(found) == 0 {
		return nil, fmt.Errorf("no cgroups are mounted below %s: mount them as systemd does", cgroupRoot)
	}
	return found, nil
}

func parseHierarchies(mountinfo string) (found hierarchies) {
	const pointField, afterDash = 4, 3
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(line, " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if len(fields) <= pointField || len(rest) < afterDash {
			continue
		}
		dir := fields[pointField]
		switch rest[0] {
		case "cgroup2":
			found = append(found, hierarchy{dir: dir})
		case "cgroup":
			found = append(found, hierarchy{dir: dir, options: mountOptions(rest[2])})
		}
	}
	// A mount that another one covers cannot be used.
	last := map[string]int{}
	for i, h := range found {
		last[h.dir] = i
	}
	visible := hierarchies{}
	for i, h := range found {
		if last[h.dir] == i {
			visible = append(visible, h)
		}
	}
	return visible
}

// mountOptions returns those of a superblock's options that select the tree.
func mountOptions(super string) string {
	var selected []string
	for option := range strings.SplitSeq(super, ",") {
		switch {
		case strings.HasPrefix(option, "name="):
			selected = append(selected, "none", option)
		case slices.Contains(controllersV1, option):
			selected = append(selected, option)
		}
	}
	return strings.Join(selected, ",")
}

// onlyV2 reports whether version 2 controls everything.
func (all hierarchies) onlyV2() bool {
	return !slices.ContainsFunc(all, func(h hierarchy) bool { return h.options != "" })
}

// create makes a cgroup in all trees, and those above it.
func (all hierarchies) create(name string) error {
	for _, h := range all {
		dir := h.dir
		for part := range strings.SplitSeq(name, "/") {
			if h.options == "" && all.onlyV2() {
				if err := delegate(dir); err != nil {
					return err
				}
			}
			parent := dir
			dir = filepath.Join(dir, part)
			if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("cannot create a cgroup, which needs root and cgroups that may be written: %w", err)
			}
			if err := inherit(parent, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// inherit gives a cgroup of version 1 the processors and memory of the one above it: without them no process can join.
func inherit(parent, dir string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(parent, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another tree, or version 2
		}
		if err == nil && strings.TrimSpace(string(content)) != "" {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// delegate lets the cgroups below dir, of version 2, have their own limits.
func delegate(dir string) error {
	available, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return err
	}
	names := strings.Fields(string(available))
	for _, name := range controllersV2 {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the cgroup controller %s is not available in %s, and nodes need it: "+
				"run this outside of a container, or enable the controller in the cgroups above", name, dir)
		}
	}
	for _, name := range names {
		err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+name), 0o644)
		if err != nil && slices.Contains(controllersV2, name) {
			return fmt.Errorf("cannot let the cgroups below %s use the controller %s: %w", dir, name, err)
		}
	}
	return nil
}

// enter moves this process into a cgroup of every tree.
func (all hierarchies) enter(name string) error {
	for _, h := range all {
		procs := filepath.Join(h.dir, name, "cgroup.procs")
		if err := os.WriteFile(procs, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			return fmt.Errorf("cannot join a cgroup: %w", err)
		}
	}
	return nil
}

// currentV2 returns the cgroup of version 2 that this process is in.
func currentV2() (string, error) {
	content, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(content)) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "0::/"); found {
			return name, nil
		}
	}
	return "", errors.New("/proc/self/cgroup has no cgroup of version 2")
}

const (
	cgroupTimeout = 10 * time.Second
	cgroupPoll    = 50 * time.Millisecond
)

// remove deletes a cgroup with all below it from every tree, as soon as its last process has ended.
func (all hierarchies) remove(name string) error {
	deadline := time.Now().Add(cgroupTimeout)
	for _, h := range all {
		dir := filepath.Join(h.dir, name)
		for {
			err := removeTree(dir)
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("cannot remove the cgroup %s: %w", dir, err)
			}
			time.Sleep(cgroupPoll)
		}
	}
	return nil
}

// removeTree deletes a cgroup, the lowest ones first. The files in it go with it.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
