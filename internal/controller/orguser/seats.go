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

// confirmSeats drops the modules that would come into force without a seat by the ledger as the API server has it: the cache
// may still name a user who held a seat before. A user whose written state takes no seat yet waits for the next pass, because the
// ledger is planned from what is written.
func (r *Reconciler) confirmSeats(ctx context.Context, s *scope) error {
	has := func(m v1alpha1.ObjectName) bool { return slices.Contains(s.before.Status.Modules, m) }
	if !slices.ContainsFunc(s.in.Modules, func(m v1alpha1.ObjectName) bool { return !has(m) }) {
		return nil
	}
	var o v1alpha1.Organization
	if err := r.api.Get(ctx, mapper.OrganizationKey(s.before), &o); client.IgnoreNotFound(err) != nil {
		return err
	}
	granted, _ := effective.ModulesInForce(&o, s.before)
	var modules []v1alpha1.ObjectName
	for _, m := range s.in.Modules {
		if has(m) || effective.RequestsSeat(s.before, m) && slices.Contains(granted, m) {
			modules = append(modules, m)
		} else {
			s.in.AwaitingSeats = append(s.in.AwaitingSeats, string(m))
		}
	}
	s.in = s.in.WithModules(s.facts, modules)
	return nil
}
