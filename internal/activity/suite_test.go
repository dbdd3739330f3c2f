// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestActivity(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Activity")
}

const interval = 15 * time.Minute

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// indexer adds the indexes of the cache to a fake client.
type indexer struct{ *fake.ClientBuilder }

// IndexField implements client.FieldIndexer.
func (i indexer) IndexField(_ context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	if _, ok := object.(interface{ GetConditions() *[]metav1.Condition }); ok { // Usher's kinds
		i.WithIndex(object, field, extract)
	}
	return nil
}

// newClient returns a fake client with these objects.
func newClient(funcs interceptor.Funcs, objects ...client.Object) client.Client {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.OrgUser{}).
		WithInterceptorFuncs(funcs)
	Expect(lookup.AddIndexes(context.Background(), indexer{b})).To(Succeed())
	return b.Build()
}

// active returns an active user of the organization acme, last active at a time.
func active(name string, last time.Time) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Obj()
	u.Status = v1alpha1.OrgUserStatus{
		State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: name + "@acme.example",
		LastActive: last.Format(time.RFC3339),
	}
	return u
}
