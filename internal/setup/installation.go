// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// annotationInstalledIn, on the configuration of the validating webhooks, names the namespace of the installation.
	annotationInstalledIn = "accounts.usher.dev/installed-in"
	installationPoll      = time.Second
)

// installation keeps a second installation from running in the cluster. Manifests that are applied for another namespace replace the
// webhooks and policies of the first installation, but not the annotation by which the first one has claimed the cluster.
type installation struct {
	reader    client.Reader
	writer    client.Writer
	namespace string
}

// addInstallation claims the cluster for the installation in the operator's namespace, and fails if another one has it. If the object that
// holds the claim is still to be created, it is claimed later.
func addInstallation(ctx context.Context, mgr ctrl.Manager, o *Options) error {
	i := &installation{reader: mgr.GetAPIReader(), writer: mgr.GetClient(), namespace: o.Namespace}
	err := i.claim(ctx)
	if apierrors.IsNotFound(err) {
		return mgr.Add(i)
	}
	return err
}

// NeedLeaderElection returns false, because no replica of a second installation may run.
func (*installation) NeedLeaderElection() bool { return false }

// Start returns when the cluster is claimed, with an error if another installation has it.
func (i *installation) Start(ctx context.Context) error {
	err := wait.PollUntilContextCancel(ctx, installationPoll, true, func(ctx context.Context) (bool, error) {
		err := i.claim(ctx)
		return err == nil, client.IgnoreNotFound(err)
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the operator is stopping
	}
	return err
}

func (i *installation) claim(ctx context.Context) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var webhooks admissionv1.ValidatingWebhookConfiguration
		if err := i.reader.Get(ctx, types.NamespacedName{Name: validatingWebhooks}, &webhooks); err != nil {
			return err
		}
		switch holder := webhooks.Annotations[annotationInstalledIn]; holder {
		case i.namespace:
			return nil
		case "":
		default:
			if err := i.succeeds(ctx, holder); err != nil {
				return err
			}
		}
		if webhooks.Annotations == nil {
			webhooks.Annotations = map[string]string{}
		}
		webhooks.Annotations[annotationInstalledIn] = i.namespace
		return i.writer.Update(ctx, &webhooks, client.FieldOwner("usher-installation"))
	})
}

// succeeds returns nil if the namespace of the installation that holds the claim is gone, otherwise what to do.
func (i *installation) succeeds(ctx context.Context, holder string) error {
	err := i.reader.Get(ctx, types.NamespacedName{Name: holder}, &corev1.Namespace{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the namespace %s, which has Usher already: %w", holder, err)
	}
	return fmt.Errorf("the namespace %[1]s has Usher already, and a cluster can have one installation, because its kinds, webhooks and "+
		"admission policies hold for the whole cluster: delete the namespace %[2]s and nothing else, then repeat the installation "+
		"in %[1]s, whose webhooks and policies the manifests for %[2]s have replaced. To move to %[2]s, remove the installation "+
		"in %[1]s first",
		holder, i.namespace)
}
