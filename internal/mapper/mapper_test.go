// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mapper_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Mappers", func() {
	It("return the names that are in only one of two lists as their difference", func() {
		Expect(mapper.Difference([]string{"ana", "bea"}, []string{"bea", "eva"})).To(ConsistOf("ana", "eva"))
		Expect(mapper.Difference([]string{"ana"}, []string{"ana"})).To(BeEmpty())
		Expect(mapper.Difference(nil, nil)).To(BeEmpty())
	})

	It("see in a change whether an object is new or gone, and its newest state", func() {
		old, young := builders.OrgUser("acme", "old").Obj(), builders.OrgUser("acme", "young").Obj()
		coming, going, staying := mapper.Change[*v1alpha1.OrgUser]{After: young}, mapper.Change[*v1alpha1.OrgUser]{Before: old},
			mapper.Change[*v1alpha1.OrgUser]{Before: old, After: young}
		Expect([]bool{coming.Created(), coming.Deleted()}).To(Equal([]bool{true, false}))
		Expect([]bool{going.Created(), going.Deleted()}).To(Equal([]bool{false, true}))
		Expect([]bool{staying.Created(), staying.Deleted()}).To(Equal([]bool{false, false}))
		Expect(coming.Newest()).To(BeIdenticalTo(young))
		Expect(going.Newest()).To(BeIdenticalTo(old))
		Expect(staying.Newest()).To(BeIdenticalTo(young))
	})
})
