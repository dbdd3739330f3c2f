// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package testenv runs a real control plane for tests: etcd, kube-apiserver with RBAC and an audit log, and
// kube-controller-manager, with the project's manifests installed. The binaries come from KUBEBUILDER_ASSETS.
package testenv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// startTimeout limits each step of the start. It is generous because the machine may be building something at the same time.
const startTimeout = 2 * time.Minute

// Options configure the control plane.
type Options struct {
	// CRDsOnly installs the kinds without webhooks, roles and ServiceAccount, for tests of the API only.
	CRDsOnly bool
	// Empty installs nothing, for tests of the installation.
	Empty bool
	// AuditAnswers are the kinds of Usher, by their plural names, of which the audit log contains the answers to requests about one object.
	AuditAnswers []string
	// AuditWebhook, unless nil, is where the API server sends its audit events.
	AuditWebhook *AuditWebhook
	// Authentication, unless empty, is an AuthenticationConfiguration of the API server: whose tokens it accepts, beside those of
	// ServiceAccounts. Package dex has one.
	Authentication []byte
}

// Env is a running control plane. It is safe for concurrent use.
type Env struct {
	// Config is the configuration of a cluster administrator (system:masters).
	Config *rest.Config
	// Client acts as that administrator. It knows the kinds of Usher and Kubernetes and has no cache.
	Client client.Client
	// Scheme holds the kinds that Client knows.
	Scheme *runtime.Scheme
	// WebhookHost is where the API server calls the webhooks; the operator's webhook server must listen on it.
	WebhookHost string
	// WebhookPort is the free TCP port that goes with WebhookHost.
	WebhookPort int

	assets   string
	dir      string
	control  *envtest.Environment
	manager  *controllerManager
	watchdog *watchdog
	operator *rest.Config
	portal   *rest.Config
	barriers atomic.Int64
}

// Start starts the control plane, installs the manifests of the repository of the working directory and returns when the
// kinds are served and the built-in ClusterRoles are complete. If it fails, it leaves nothing running.
func Start(opts Options) (*Env, error) {
	assets, err := assetsDir()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "usher-testenv-")
	if err != nil {
		return nil, fmt.Errorf("create a directory for the control plane: %w", err)
	}
	env := &Env{assets: assets, dir: dir, WebhookHost: "localhost"}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := env.start(ctx, opts); err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	return env, nil
}

// Stop stops the control plane and removes its files. Calling it again does nothing.
func (e *Env) Stop() error {
	var errs []error
	if e.manager != nil {
		errs = append(errs, e.manager.stop())
		e.manager = nil
	}
	if e.control != nil {
		errs = append(errs, e.control.Stop())
		e.control = nil
	}
	if e.watchdog != nil {
		errs = append(errs, e.watchdog.dismiss())
		e.watchdog = nil
	}
	return errors.Join(append(errs, os.RemoveAll(e.dir))...)
}

func (e *Env) start(ctx context.Context, opts Options) error {
	if err := e.startServers(opts); err != nil {
		return err
	}
	if err := e.connect(); err != nil {
		return err
	}
	if !opts.Empty {
		if err := e.install(ctx, opts); err != nil {
			return err
		}
	}
	// The garbage collector discovers kinds when it starts, and then only twice a minute, so it starts when all are installed.
	if err := e.startControllerManager(ctx); err != nil {
		return err
	}
	if opts.CRDsOnly || opts.Empty {
		return nil
	}
	return e.requestTokens(ctx)
}

func (e *Env) connect() error {
	e.Config = rest.CopyConfig(e.control.Config)
	e.Config.QPS = -1
	e.Scheme = runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(e.Scheme), v1alpha1.AddToScheme(e.Scheme)); err != nil {
		return fmt.Errorf("build the scheme: %w", err)
	}
	c, err := client.New(e.Config, client.Options{Scheme: e.Scheme})
	if err != nil {
		return fmt.Errorf("build the administrator's client: %w", err)
	}
	e.Client = c
	if err := os.WriteFile(e.kubeconfig(), e.control.KubeConfig, 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return e.chooseWebhookPort()
}

// EtcdURL returns where etcd answers. It is for tests that store more objects than the API server could create in reasonable time.
func (e *Env) EtcdURL() string { return e.control.ControlPlane.Etcd.URL.String() }

// EtcdFiles returns the content of all files of etcd: the database with the revisions that are left, and the log of every write.
func (e *Env) EtcdFiles() ([][]byte, error) {
	var all [][]byte
	err := filepath.WalkDir(e.control.ControlPlane.Etcd.DataDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		all = append(all, content)
		return err
	})
	return all, err
}

func (e *Env) kubeconfig() string { return filepath.Join(e.dir, "kubeconfig") }
