// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestLookup(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Lookup")
}

// holding returns a Reader of a cache that holds these objects.
func holding(objects ...client.Object) Reader {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	for _, i := range indexes() {
		b = b.WithIndex(i.object, i.name, i.extract)
	}
	return New(b.Build(), effective.IntakeDomains{})
}

// active returns a user in force.
func active(name string, role v1alpha1.Role) *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", name).Role(role).Obj()
	u.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: role, Username: name + "@acme.example"}
	return u
}

// acme returns the organization with these administrators in force.
func acme(administrators ...string) *v1alpha1.Organization {
	o := builders.Organization("acme").Module("desk", 3).Delegate("argocd", v1alpha1.RoleUserAdmin).
		Delegate("eva@acme.example", v1alpha1.RoleOrganizationAdmin).Obj()
	o.Status.Administrators = administrators
	return o
}
