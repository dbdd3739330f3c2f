// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mapper"
)

// seated takes out the modules that would come into force without a seat by the ledger as the API server has it; the cache
// may still name a user who held a seat before. A user whose written state takes no seat yet waits for the next pass, as the
// ledger is planned from what is written.
func (r *Reconciler) seated(ctx context.Context, before *v1alpha1.OrgUser, in effective.InForce) (effective.InForce, error) {
	has := func(m v1alpha1.ObjectName) bool { return slices.Contains(before.Status.Modules, m) }
	if !slices.ContainsFunc(in.Modules, func(m v1alpha1.ObjectName) bool { return !has(m) }) {
		return in, nil
	}
	var o v1alpha1.Organization
	if err := r.api.Get(ctx, mapper.OrganizationKey(before), &o); client.IgnoreNotFound(err) != nil {
		return in, err
	}
	granted, _ := effective.ModulesInForce(&o, before)
	var modules []v1alpha1.ObjectName
	for _, m := range in.Modules {
		if has(m) || effective.WishesSeat(before, m) && slices.Contains(granted, m) {
			modules = append(modules, m)
		} else {
			in.AwaitingSeats = append(in.AwaitingSeats, string(m))
		}
	}
	in.Modules = modules
	return in, nil
}
