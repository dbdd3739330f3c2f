// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// mountNode gives a node file systems of its own where programs of nodes write: what is below its directory outlives it, the rest is
// gone when it ends. It runs in the node's namespaces, so that nothing of the machine changes.
func mountNode(dir string, groups hierarchies) error {
	for _, propagation := range []uintptr{syscall.MS_PRIVATE, syscall.MS_SHARED} {
		if err := mount("", "/", "", syscall.MS_REC|propagation, ""); err != nil {
			return err
		}
	}
	// Mounts of the machine must not stay below: programs would find each cgroup twice.
	for _, point := range []string{"/sys", "/proc"} {
		if err := detach(point); err != nil {
			return err
		}
	}
	for _, m := range []struct{ kind, point, options string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"tmpfs", "/run", "mode=755"},
	} {
		if err := mount(m.kind, m.point, m.kind, 0, m.options); err != nil {
			return err
		}
	}
	if err := groups.mount(); err != nil {
		return err
	}
	for from, to := range map[string]string{"lib": "/var/lib", "log": "/var/log"} {
		from = filepath.Join(dir, from)
		if err := os.MkdirAll(from, 0o755); err != nil {
			return err
		}
		if err := mount(from, to, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	return pretendSettings()
}

func mount(source, target, kind string, flags uintptr, options string) error {
	if err := syscall.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("cannot mount %s%s on %s: %w", kind, source, target, err)
	}
	return nil
}

// detach unmounts everything at and below a directory, however often something is mounted there.
func detach(point string) error {
	for {
		err := syscall.Unmount(point, syscall.MNT_DETACH)
		if errors.Is(err, syscall.EINVAL) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot unmount %s: %w", point, err)
		}
	}
}

// mount mounts the trees again. In the node's cgroup namespace their roots are the node's own cgroups.
func (all hierarchies) mount() error {
	if all.onlyV2() {
		return mount("cgroup2", cgroupRoot, "cgroup2", 0, "")
	}
	if err := mount("tmpfs", cgroupRoot, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, h := range all {
		dir := filepath.Join(cgroupRoot, filepath.Base(h.dir))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		kind := "cgroup"
		if h.options == "" {
			kind = "cgroup2"
		}
		if err := mount(kind, dir, kind, 0, h.options); err != nil {
			return err
		}
		if controllers := strings.Split(h.options, ","); len(controllers) > 1 && controllers[0] != "none" {
			for _, controller := range controllers {
				link := filepath.Join(cgroupRoot, controller)
				if err := os.Symlink(filepath.Base(dir), link); err != nil && !errors.Is(err, fs.ErrExist) {
					return err
				}
			}
		}
	}
	return nil
}

// delegateV2 moves the node's first process into a cgroup of its own. A cgroup with processes cannot have limits for those below it.
func (all hierarchies) delegateV2() error {
	if !all.onlyV2() {
		return nil
	}
	if err := os.Mkdir(filepath.Join(cgroupRoot, "init"), 0o755); err != nil {
		return err
	}
	if err := (hierarchies{{dir: cgroupRoot}}).enter("init"); err != nil {
		return err
	}
	return delegate(cgroupRoot)
}

// pretendSettings shows the kubelet the settings of the kernel that it requires. They are those of the whole machine, which must not
// change for a development cluster.
func pretendSettings() error {
	const dir = "/run/settings"
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"vm/overcommit_memory": "1", "vm/panic_on_oom": "0",
		"kernel/panic": "10", "kernel/panic_on_oops": "1",
		"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
	} {
		actual := filepath.Join("/proc/sys", name)
		if _, err := os.Stat(actual); err != nil {
			continue
		}
		pretended := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(pretended, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := mount(pretended, actual, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}
