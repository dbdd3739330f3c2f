// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"testing"
	_ "time/tzdata" // as in the program: a minimal image has no time zones

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestEffective(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Effective")
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

var facts, deleted = builders.UserFacts, builders.Deleted

func inZone(zone string) *v1alpha1.Organization {
	return builders.Organization("acme").
		With(func(o *v1alpha1.Organization) { o.Spec.Profile.TimeZone = v1alpha1.TimeZone(zone) }).Obj()
}
