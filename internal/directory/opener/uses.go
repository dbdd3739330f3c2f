// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package opener

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/token"
	"github.com/usher-operator/usher/internal/object"
)

// useInterval is how often the use of a token is written.
const useInterval = time.Hour

// uses are when this replica last wrote, or read, that tokens were used.
type uses struct {
	mu   sync.Mutex
	seen map[types.NamespacedName]time.Time
}

// due reports whether the use of a token is to be written, and notes that it is.
func (u *uses) due(key types.NamespacedName, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if last, seen := u.seen[key]; seen && now.Sub(last) < useInterval {
		return false
	}
	if u.seen == nil {
		u.seen = map[types.NamespacedName]time.Time{}
	}
	u.seen[key] = now
	return true
}

// noteUse writes that a token is used, at most once in an interval. Whoever uses it does not fail because of that.
func (o *Opener) noteUse(ctx context.Context, organization *v1alpha1.Organization, name string, set token.Set) {
	now := o.Now()
	if !o.uses.due(types.NamespacedName{Namespace: organization.Namespace, Name: name}, now) {
		return
	}
	if err := o.writeUse(ctx, organization, name, set, now); err != nil && ctx.Err() == nil {
		o.Log.Error(err, "Cannot write when a token of a directory was last used", "organization", organization.Name, "token", name)
	}
}

// writeUse writes that a token is used, unless another replica has just done so. Tokens that are gone are left out.
func (o *Opener) writeUse(ctx context.Context, organization *v1alpha1.Organization, name string, set token.Set, now time.Time) error {
	var use corev1.ConfigMap
	use.Namespace, use.Name = organization.Namespace, v1alpha1.DirectoryUseConfigMap
	at := now.UTC().Format(time.RFC3339)
	err := o.Client.Get(ctx, client.ObjectKeyFromObject(&use), &use)
	if apierrors.IsNotFound(err) {
		// Whoever may create it by name has to apply it: RBAC knows no name in a POST.
		return o.Client.Apply(ctx, corev1ac.ConfigMap(use.Name, use.Namespace).
			WithLabels(map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrganization: organization.Name}).
			WithOwnerReferences(metav1ac.OwnerReference().WithAPIVersion(v1alpha1.GroupVersion.String()).WithKind("Organization").
				WithName(organization.Name).WithUID(organization.UID)).
			WithData(map[string]string{name: at}), object.FieldOwner)
	}
	if err != nil {
		return err
	}
	if last, err := time.Parse(time.RFC3339, use.Data[name]); err == nil && now.Sub(last) < useInterval {
		return nil
	}
	data := map[string]any{name: at}
	for other := range use.Data {
		if _, is := set[other]; !is {
			data[other] = nil
		}
	}
	body, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		return err
	}
	return o.Client.Patch(ctx, &use, client.RawPatch(types.MergePatchType, body), object.FieldOwner)
}
