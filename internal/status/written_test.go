// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("What was written", func() {
	luis := func(uid, version string) *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "luis").Obj()
		u.UID, u.ResourceVersion = types.UID(uid), version
		return u
	}

	It("is ahead of a cache that does not show it yet, and of no other object's", func() {
		w := status.NewWritten()
		Expect(w.IsAheadOf(luis("1", "9"))).To(BeFalse(), "nothing was written")
		w.Note(luis("1", "10"))
		Expect(w.IsAheadOf(luis("1", "9"))).To(BeTrue())
		Expect(w.IsAheadOf(luis("1", "10"))).To(BeFalse(), "the cache shows it")
		Expect(w.IsAheadOf(luis("1", "11"))).To(BeFalse(), "somebody else has written after it")
		Expect(w.IsAheadOf(luis("2", "9"))).To(BeFalse(), "another object of that name")
		Expect(w.IsAheadOf(luis("1", ""))).To(BeFalse(), "what cannot be compared")
	})
})
