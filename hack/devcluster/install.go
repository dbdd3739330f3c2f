// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	operatorNamespace = "usher-system"
	operatorAccount   = "usher-controller-manager"
	// webhookPlaceholder is what config/dev has in place of the address of this cluster's webhooks.
	webhookPlaceholder = "localhost:9443"

	tokenLife   = "720h"
	tokenSpare  = 24 * time.Hour
	crdsTimeout = "60s"
)

// install applies config/dev: CRDs, RBAC, the operator's namespace and ServiceAccount, webhook configurations.
func (v *supervisor) install(ctx context.Context) error {
	if _, err := os.Stat(v.paths.config()); err != nil {
		return fmt.Errorf("there is nothing to install: %w (the control plane is running: KUBECONFIG=%s)", err, v.paths.kubeconfig())
	}
	v.out.say("installing CRDs, RBAC and webhooks")
	rendered, err := output(command(ctx, v.paths.root, v.paths.bin("kubectl"), "kustomize", v.paths.config()))
	if err != nil {
		return err
	}
	address := "localhost:" + strconv.Itoa(v.state.Ports[portWebhook])
	rendered = bytes.ReplaceAll(rendered, []byte(webhookPlaceholder), []byte(address))
	if err := v.apply(ctx, rendered); err != nil {
		return err
	}
	return v.waitForCRDs(ctx, rendered)
}

func (v *supervisor) apply(ctx context.Context, manifests []byte) error {
	apply := command(ctx, v.paths.root, v.paths.bin("kubectl"), "--kubeconfig", v.paths.kubeconfig(),
		"apply", "--server-side", "--force-conflicts", "--filename=-")
	apply.Stdin = bytes.NewReader(manifests)
	_, err := output(apply)
	return err
}

// waitForCRDs returns when the API serves the CRDs among the manifests, at once when there are none.
func (v *supervisor) waitForCRDs(ctx context.Context, manifests []byte) error {
	const kind = "\nkind: CustomResourceDefinition\n"
	if !strings.Contains(string(manifests), kind) {
		return nil
	}
	_, err := v.kubectl(ctx, "wait", "--for=condition=Established", "--timeout="+crdsTimeout, "--all", "crd")
	return err
}

func (v *supervisor) kubectl(ctx context.Context, args ...string) ([]byte, error) {
	return output(command(ctx, v.paths.root, v.paths.bin("kubectl"), append([]string{"--kubeconfig", v.paths.kubeconfig()}, args...)...))
}

// ensureToken writes a kubeconfig with a token of a ServiceAccount, unless it has one that the API server accepts and that does not
// expire soon.
func (v *supervisor) ensureToken(ctx context.Context, path, account string) error {
	token := tokenIn(path)
	if time.Until(expires(token)) < tokenSpare || !v.accepted(ctx, token) {
		fresh, err := v.kubectl(ctx, "create", "token", account, "--namespace="+operatorNamespace, "--duration="+tokenLife)
		if err != nil {
			return err
		}
		token = strings.TrimSpace(string(fresh))
		if token == "" {
			return errors.New("the API server returned an empty token for " + account)
		}
	}
	return writeTokenKubeconfig(v.paths, v.state.apiServer(), path, account, token)
}

// accepted requests something that every authenticated identity may read.
func (v *supervisor) accepted(ctx context.Context, token string) bool {
	return get(ctx, certificateClient(v.paths, ""), "https://"+v.state.apiServer()+"/api", token) == nil
}
