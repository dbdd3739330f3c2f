// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"time"

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
		w := status.NewWritten(time.Now)
		Expect(w.Ahead(luis("1", "9"))).To(BeZero(), "nothing was written")
		w.Note(luis("1", "10"))
		Expect(w.Ahead(luis("1", "9"))).NotTo(BeZero())
		Expect(w.Ahead(luis("1", "10"))).To(BeZero(), "the cache shows it")
		Expect(w.Ahead(luis("1", "11"))).To(BeZero(), "somebody else has written after it")
		Expect(w.Ahead(luis("2", "9"))).To(BeZero(), "another object of that name")
		Expect(w.Ahead(luis("1", ""))).To(BeZero(), "what cannot be compared")
	})

	It("is ahead of everything that a cache shows of an object that was released", func() {
		w := status.NewWritten(time.Now)
		w.NoteReleased(luis("1", "10"))
		Expect(w.Ahead(luis("1", "10"))).NotTo(BeZero())
		Expect(w.Ahead(luis("1", "11"))).NotTo(BeZero())
		Expect(w.Ahead(luis("2", "10"))).To(BeZero(), "another object of that name")
	})

	It("OPS-5 is forgotten when what was left alone is looked at again, as a restored cluster needs", func() {
		now := time.Now()
		w := status.NewWritten(func() time.Time { return now })
		w.Note(luis("1", "10"))
		w.NoteReleased(luis("2", "10"))
		for _, restored := range []*v1alpha1.OrgUser{luis("1", "9"), luis("2", "9")} {
			wait := w.Ahead(restored)
			now = now.Add(wait)
			Expect([]time.Duration{wait, w.Ahead(restored)}).To(HaveExactElements(BeNumerically(">", 0), BeZero()))
			now = now.Add(-wait)
		}
	})
})
