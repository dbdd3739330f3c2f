// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
)

// paths names the files of one checkout.
type paths struct {
	root string
	// data is where the cluster keeps its files; empty: .dev in the checkout.
	data string
}

func (p paths) module() string              { return filepath.Join(p.root, "hack", "devcluster") }
func (p paths) oldest() string              { return filepath.Join(p.module(), "oldest") }
func (p paths) config() string              { return filepath.Join(p.root, "config", "dev") }
func (p paths) containerd() string          { return filepath.Join(p.module(), "containerd") }
func (p paths) dex() string                 { return filepath.Join(p.module(), "dex") }
func (p paths) addons() string              { return filepath.Join(p.module(), "addons") }
func (p paths) node(name string) string     { return filepath.Join(p.dev("nodes"), name) }
func (p paths) bin(name string) string      { return filepath.Join(p.dev("bin"), name) }
func (p paths) log(name string) string      { return filepath.Join(p.dev("log"), name) }
func (p paths) pki(name string) string      { return filepath.Join(p.dev("pki"), name) }
func (p paths) etcdData() string            { return p.dev("etcd") }
func (p paths) mail() string                { return p.dev("mail") }
func (p paths) state() string               { return p.dev("state.json") }
func (p paths) lock() string                { return p.dev("lock") }
func (p paths) env() string                 { return p.dev("env") }
func (p paths) kubeconfig() string          { return p.dev("kubeconfig") }
func (p paths) managerKubeconfig() string   { return p.dev("kube-controller-manager.kubeconfig") }
func (p paths) operatorKubeconfig() string  { return p.dev("operator.kubeconfig") }
func (p paths) portalKubeconfig() string    { return p.dev("portal.kubeconfig") }
func (p paths) schedulerKubeconfig() string { return p.dev("kube-scheduler.kubeconfig") }
func (p paths) proxyKubeconfig() string     { return p.dev("kube-proxy.kubeconfig") }
func (p paths) netpolKubeconfig() string    { return p.dev("netpol.kubeconfig") }
func (p paths) machine(name string) string  { return filepath.Join(p.node(name), "machine.json") }
func (p paths) auditPolicy() string         { return p.dev("audit-policy.yaml") }
func (p paths) authentication() string      { return p.dev("authentication.yaml") }
func (p paths) dexConfig() string           { return p.dev("dex.yaml") }
func (p paths) dexSecret() string           { return p.dev("dex-client-secret") }

// dev returns the path of one of the cluster's files.
func (p paths) dev(name string) string {
	return filepath.Join(cmp.Or(p.data, filepath.Join(p.root, ".dev")), name)
}

// writeFile replaces a file atomically. Only its owner can read it.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
