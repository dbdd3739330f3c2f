// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"testing"
	_ "time/tzdata" // as in the program: a minimal image has no time zones

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestAuthz(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Authz")
}

// Short names of the roles, so that tables read as tables.
const (
	orgAdmin      = v1alpha1.RoleOrganizationAdmin
	billingAdmin  = v1alpha1.RoleBillingAdmin
	financeAdmin  = v1alpha1.RoleFinanceAdmin
	userAdmin     = v1alpha1.RoleUserAdmin
	technician    = v1alpha1.RoleTechnician
	member        = v1alpha1.RoleMember
	notifications = v1alpha1.RoleNotificationsOnly
)

var allRoles = []v1alpha1.Role{orgAdmin, billingAdmin, financeAdmin, userAdmin, technician, member, notifications}

var facts, deleted, edit, granted = builders.UserFacts, builders.Deleted, builders.EditGrant, builders.Grant

// acme returns the organization with these administrators in force.
func acme(administrators ...string) *v1alpha1.Organization {
	return builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Status.Administrators = administrators }).Obj()
}
