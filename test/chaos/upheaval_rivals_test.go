// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// rival writes the same objects all the time: it deletes access, labels everything, and updates people as they were long ago. Nothing that
// it does may change what is in force in the end.
type rival struct {
	company *company
	random  *rand.Rand
	old     []*v1alpha1.OrgUser
	writes  int
}

func (r *rival) work(until context.Context) {
	defer GinkgoRecover()
	for until.Err() == nil {
		[]func(context.Context){r.deleteAccess, r.label, r.restoreOld, r.remember}[r.random.IntN(4)](until)
		pass(until, time.Duration(r.random.IntN(400))*time.Millisecond)
	}
}

func (r *rival) deleteAccess(ctx context.Context) {
	var list rbacv1.RoleBindingList
	err := env.Client.List(ctx, &list, client.MatchingLabels{v1alpha1.LabelOrganization: r.company.name})
	if err != nil || len(list.Items) == 0 {
		return
	}
	if env.Client.Delete(ctx, &list.Items[r.random.IntN(len(list.Items))]) == nil {
		r.writes++
	}
}

func (r *rival) users(ctx context.Context) []v1alpha1.OrgUser {
	var list v1alpha1.OrgUserList
	if env.Client.List(ctx, &list, client.InNamespace(r.company.name)) != nil {
		return nil
	}
	return list.Items
}

func (r *rival) label(ctx context.Context) {
	users := r.users(ctx)
	if len(users) == 0 {
		return
	}
	patch := fmt.Sprintf(`{"metadata":{"labels":{"rival":"%d"}}}`, r.random.IntN(1000))
	if env.Client.Patch(ctx, &users[r.random.IntN(len(users))], client.RawPatch(types.MergePatchType, []byte(patch))) == nil {
		r.writes++
	}
}

func (r *rival) remember(ctx context.Context) {
	users := r.users(ctx)
	for i := range users {
		r.old = append(r.old, &users[i])
	}
	r.old = r.old[max(0, len(r.old)-200):]
}

// restoreOld updates somebody, with the role of an administrator, as they were long ago. The API server must refuse that.
func (r *rival) restoreOld(ctx context.Context) {
	if len(r.old) == 0 {
		return
	}
	u := r.old[r.random.IntN(len(r.old))].DeepCopy()
	var now v1alpha1.OrgUser
	if env.Client.Get(ctx, client.ObjectKeyFromObject(u), &now) != nil || now.ResourceVersion == u.ResourceVersion {
		return
	}
	u.Spec.Role, u.Spec.Suspend = v1alpha1.RoleOrganizationAdmin, false
	err := env.Client.Update(ctx, u)
	Expect(err).To(HaveOccurred(), "an update of an old revision was accepted")
	if apierrors.IsConflict(err) {
		r.writes++
	}
}
