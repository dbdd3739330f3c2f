// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/object"
)

// ConfigMaps of this one name only, in whatever namespace; the cache asks for them by name.
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch;create;patch;delete,resourceNames=usher-settings

// ofSettings: what somebody does to the settings of a namespace is set right.
func (r *Reconciler) ofSettings(ctx context.Context, c mapper.Change[*corev1.ConfigMap]) ([]types.NamespacedName, error) {
	if c.Newest().Name != v1alpha1.SettingsConfigMap {
		return nil, nil
	}
	return mapper.KeysOf(r.cache.WorkspacesByNamespace(ctx, c.Newest().Namespace))
}

// settleSettings publishes the settings in force in the workspace's namespace (GTA-14). Where the workspace has lost its
// namespace, they go.
func (r *Reconciler) settleSettings(ctx context.Context, w *v1alpha1.Workspace, before string) error {
	var err error
	namespace := w.Status.Namespace
	switch {
	case namespace != "":
		err = r.publishSettings(ctx, w)
	case before != "":
		namespace, err = before, r.removeSettings(ctx, w, before)
	}
	if err != nil {
		return fmt.Errorf("ConfigMap %s in namespace %s: %w", v1alpha1.SettingsConfigMap, namespace, err)
	}
	return nil
}

func (r *Reconciler) publishSettings(ctx context.Context, w *v1alpha1.Workspace) error {
	want := settingsFor(w)
	have, err := r.settingsIn(ctx, r.client, w.Status.Namespace)
	if err != nil {
		return err
	}
	switch {
	case have == nil:
	case beyondRepair(have, want) && !have.DeletionTimestamp.IsZero():
		return nil // it is made again when it is gone
	case beyondRepair(have, want):
		if err := r.client.Delete(ctx, have, client.Preconditions{UID: &have.UID}); client.IgnoreNotFound(err) != nil {
			return err
		}
	case maps.Equal(have.Data, want.Data) && object.HasLabels(have.Labels, want.Labels) && object.HasLabels(have.Annotations, want.Annotations):
		return nil
	}
	return r.client.Apply(ctx, corev1ac.ConfigMap(want.Name, want.Namespace).
		WithLabels(want.Labels).WithAnnotations(want.Annotations).WithData(want.Data),
		object.FieldOwner, client.ForceOwnership)
}

// settingsIn gives the ConfigMap with a namespace's settings; nil: there is none.
func (r *Reconciler) settingsIn(ctx context.Context, from client.Reader, namespace string) (*corev1.ConfigMap, error) {
	var have corev1.ConfigMap
	if err := from.Get(ctx, client.ObjectKey{Namespace: namespace, Name: v1alpha1.SettingsConfigMap}, &have); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return &have, nil
}

// settingsFor gives the ConfigMap that says what is in force in a workspace, and where it comes from.
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

// beyondRepair: applying changes nothing in an immutable ConfigMap, and leaves in it what somebody else has put there.
func beyondRepair(have, want *corev1.ConfigMap) bool {
	foreign := len(have.BinaryData) > 0
	for key := range have.Data {
		_, is := want.Data[key]
		foreign = foreign || !is
	}
	return foreign || ptr.Deref(have.Immutable, false)
}

// removeSettings takes the settings out of a namespace that stays behind. One that is not this workspace's is left alone.
func (r *Reconciler) removeSettings(ctx context.Context, w *v1alpha1.Workspace, namespace string) error {
	have, err := r.settingsIn(ctx, r.api, namespace) // the cache may not know yet what the pass before has made
	if have == nil || err != nil || !object.HasLabels(have.Labels, namespaceLabels(w)) || !have.DeletionTimestamp.IsZero() {
		return err
	}
	return client.IgnoreNotFound(r.client.Delete(ctx, have, client.Preconditions{UID: &have.UID}))
}
