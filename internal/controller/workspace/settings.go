// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
)

// ConfigMaps of this one name only, in whatever namespace; the cache asks for them by name.
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch;create;patch;delete,resourceNames=usher-settings

// reconcileSettings publishes the settings in force in the workspace's namespace (GTA-14). If the workspace has lost its namespace, it
// removes them there.
func (r *Reconciler) reconcileSettings(ctx context.Context, s *scope) (time.Duration, error) {
	w, lost := s.workspace, s.before.Status.Namespace
	w.Status.Settings = effective.SettingsInForce(s.organization, w)
	var err error
	namespace := w.Status.Namespace
	switch {
	case namespace != "":
		err = r.publishSettings(ctx, w)
	case lost != "":
		namespace, err = lost, r.removeSettings(ctx, w, lost)
	}
	if err != nil {
		return 0, fmt.Errorf("ConfigMap %s in namespace %s: %w", v1alpha1.SettingsConfigMap, namespace, err)
	}
	return 0, nil
}

func (r *Reconciler) publishSettings(ctx context.Context, w *v1alpha1.Workspace) error {
	want := settingsFor(w)
	have, err := settingsIn(ctx, r.cache, w.Status.Namespace)
	if err != nil {
		return err
	}
	switch {
	case have == nil:
	case beyondRepair(have, want) && !have.DeletionTimestamp.IsZero():
		return nil // it is recreated once it is gone
	case beyondRepair(have, want):
		if err := r.client.Delete(ctx, have, client.Preconditions{UID: &have.UID}); client.IgnoreNotFound(err) != nil {
			return err
		}
	case maps.Equal(have.Data, want.Data) && object.HasLabels(have.Labels, want.Labels) &&
		object.HasLabels(have.Annotations, want.Annotations):
		return nil
	}
	return r.client.Apply(ctx, corev1ac.ConfigMap(want.Name, want.Namespace).
		WithLabels(want.Labels).WithAnnotations(want.Annotations).WithData(want.Data),
		object.FieldOwner, client.ForceOwnership)
}

// settingsIn returns the ConfigMap with a namespace's settings; nil: there is none.
func settingsIn(ctx context.Context, from client.Reader, namespace string) (*corev1.ConfigMap, error) {
	var have corev1.ConfigMap
	if err := from.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1alpha1.SettingsConfigMap}, &have); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return &have, nil
}

// settingsFor returns the ConfigMap that says what is in force in a workspace, and where it comes from.
func settingsFor(w *v1alpha1.Workspace) *corev1.ConfigMap {
	out := &corev1.ConfigMap{Data: map[string]string{}}
	out.Namespace, out.Name = w.Status.Namespace, v1alpha1.SettingsConfigMap
	out.Labels, out.Annotations = namespaceLabels(w), map[string]string{}
	for _, s := range w.Status.Settings {
		out.Data[s.Name] = s.Value
		out.Annotations[v1alpha1.AnnotationOriginPrefix+s.Name] = string(s.Origin)
	}
	return out
}

// beyondRepair reports whether applying would not make a ConfigMap what it should be: it changes nothing in an immutable one, and keeps
// the keys that somebody else has added.
func beyondRepair(have, want *corev1.ConfigMap) bool {
	foreign := len(have.BinaryData) > 0
	for key := range have.Data {
		_, is := want.Data[key]
		foreign = foreign || !is
	}
	return foreign || ptr.Deref(have.Immutable, false)
}

// removeSettings deletes the settings in a namespace that stays. A ConfigMap that is not this workspace's is left alone.
func (r *Reconciler) removeSettings(ctx context.Context, w *v1alpha1.Workspace, namespace string) error {
	// Past the cache, which may not show yet what the previous pass has created.
	have, err := settingsIn(ctx, r.api, namespace)
	if have == nil || err != nil || !object.HasLabels(have.Labels, namespaceLabels(w)) || !have.DeletionTimestamp.IsZero() {
		return err
	}
	return client.IgnoreNotFound(r.client.Delete(ctx, have, client.Preconditions{UID: &have.UID}))
}
