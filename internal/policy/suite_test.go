// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"testing"
	_ "time/tzdata" // as in the program: a minimal image has no time zones

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

func TestPolicy(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Policy")
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
