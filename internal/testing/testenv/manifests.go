// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// declaredWebhooks is the address of the webhooks in the manifests for a cluster on the developer's machine.
const declaredWebhooks = "localhost:9443"

// Reinstall applies the project's manifests again, after a test has deleted some of what they contain, or all. An operator that is
// started afterwards has a token of the ServiceAccount that is there now.
func (e *Env) Reinstall(ctx context.Context) error {
	if err := e.install(ctx, Options{}); err != nil {
		return err
	}
	return e.requestTokens(ctx)
}

// install applies the project's manifests and waits until its kinds are served.
func (e *Env) install(ctx context.Context, opts Options) error {
	root, err := RepoRoot()
	if err != nil {
		return err
	}
	folder := "dev"
	if opts.CRDsOnly {
		folder = "crd"
	}
	manifests, _, err := e.Kubectl(ctx, "kustomize", filepath.Join(root, "config", folder))
	if err != nil {
		return fmt.Errorf("build the manifests of config/%s: %w", folder, err)
	}
	webhooks := e.WebhookHost + ":" + strconv.Itoa(e.WebhookPort)
	manifests = strings.ReplaceAll(manifests, declaredWebhooks, webhooks)
	if _, _, err := e.KubectlInput(ctx, manifests, "apply", "--server-side", "-f", "-"); err != nil {
		return fmt.Errorf("apply the manifests of config/%s: %w", folder, err)
	}
	_, _, err = e.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s",
		"crd/organizations.accounts.usher.dev", "crd/orgusers.accounts.usher.dev",
		"crd/invitations.accounts.usher.dev", "crd/workspaces.accounts.usher.dev", "crd/orggroups.accounts.usher.dev")
	if err != nil {
		return fmt.Errorf("wait for the kinds to be served: %w", err)
	}
	return nil
}
