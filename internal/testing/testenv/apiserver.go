// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/usher-operator/usher/internal/testing/ports"
)

// auditPolicy logs each request once, with its user and the response code, and without any content.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
%s- level: Metadata
`

// auditAnswers has the log contain the answers to requests about some of Usher's kinds.
const auditAnswers = `- level: RequestResponse
  omitManagedFields: true
  verbs: [create, get, patch, update]
  resources:
  - group: accounts.usher.dev
    resources: [%s]
`

// startServers starts etcd and kube-apiserver.
func (e *Env) startServers(opts Options) error {
	dog, err := startWatchdog(e.dir)
	if err != nil {
		return err
	}
	e.watchdog = dog
	etcd, err := dog.launcher(filepath.Join(e.assets, "etcd"))
	if err != nil {
		return err
	}
	server, err := dog.launcher(filepath.Join(e.assets, "kube-apiserver"))
	if err != nil {
		return err
	}
	policy := filepath.Join(e.dir, "audit-policy.yaml")
	answers := ""
	for _, resource := range opts.AuditAnswers {
		answers += fmt.Sprintf(auditAnswers, resource+", "+resource+"/status")
	}
	if err := os.WriteFile(policy, fmt.Appendf(nil, auditPolicy, answers), 0o600); err != nil {
		return fmt.Errorf("write the audit policy: %w", err)
	}
	control := &envtest.Environment{
		ControlPlaneStartTimeout: startTimeout,
		BinaryAssetsDirectory:    e.assets,
	}
	data, certificates := filepath.Join(e.dir, "data"), filepath.Join(e.dir, "certificates")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(certificates, 0o700)); err != nil {
		return fmt.Errorf("create directories for etcd and kube-apiserver: %w", err)
	}
	control.ControlPlane.Etcd = &envtest.Etcd{Path: etcd, DataDir: data}
	apiServer := control.ControlPlane.GetAPIServer()
	apiServer.Path, apiServer.CertDir = server, certificates
	if err := choosePorts(control.ControlPlane.Etcd, apiServer); err != nil {
		return err
	}
	apiServer.Configure().
		Set("audit-policy-file", policy).
		Set("audit-log-path", e.auditLog()).
		Set("audit-log-mode", "blocking").
		Set("audit-log-maxsize", "1000") // MB: tests read a single file, so it must not be rotated
	if len(opts.Authentication) > 0 {
		authentication := filepath.Join(e.dir, "authentication.yaml")
		if err := os.WriteFile(authentication, opts.Authentication, 0o600); err != nil {
			return fmt.Errorf("write the configuration of authentication: %w", err)
		}
		apiServer.Configure().Set("authentication-config", authentication)
	}
	if opts.AuditWebhook != nil {
		if err := e.sendAudit(apiServer, opts.AuditWebhook); err != nil {
			return err
		}
	}
	e.control = control
	if _, err := control.Start(); err != nil {
		return fmt.Errorf("start etcd and kube-apiserver from %s: %w", e.assets, err)
	}
	return nil
}

// choosePorts configures free ports for etcd and kube-apiserver.
func choosePorts(etcd *envtest.Etcd, apiServer *envtest.APIServer) error {
	clients, err := ports.Address()
	if err != nil {
		return err
	}
	peers, err := ports.Address()
	if err != nil {
		return err
	}
	serving, err := ports.Free("127.0.0.1")
	if err != nil {
		return err
	}
	etcd.URL = &url.URL{Scheme: "http", Host: clients}
	etcd.Configure().Set("listen-peer-urls", "http://"+peers)
	apiServer.Address, apiServer.Port = "127.0.0.1", strconv.Itoa(serving)
	return nil
}
