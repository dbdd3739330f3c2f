// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/internal/question"
)

var _ = Describe("The limits of the store", func() {
	DescribeTable("accept as many questions of an address as they allow, however stale its cache is (GTA-8)",
		func(ctx context.Context, stale bool) {
			blind := &atomic.Bool{}
			s := newStore(blind, interceptor.Funcs{})
			blind.Store(stale)
			var kept, refused atomic.Int32
			var others sync.WaitGroup
			for n := range question.OpenPerAddress + 5 {
				others.Go(func() {
					defer GinkgoRecover()
					var reached *LimitError
					switch err := s.Keep(ctx, fmt.Sprint(n), ofOneAddress(n)); {
					case err == nil:
						kept.Add(1)
					case errors.As(err, &reached) && reached.Limit == question.LimitAddress:
						refused.Add(1)
					default:
						Expect(err).NotTo(HaveOccurred())
					}
				})
			}
			others.Wait()
			Expect(kept.Load()).To(BeEquivalentTo(question.OpenPerAddress))
			Expect(refused.Load()).To(BeEquivalentTo(5))
			Expect(s.Keep(ctx, "other", by("other@customer.example", "support", "x"))).To(Succeed(), "other addresses are not affected")
		},
		Entry("one after the other", false),
		Entry("all at once", true),
	)

	It("count by address, workspace and organization, with what the cache does not show yet", func(ctx context.Context) {
		blind := &atomic.Bool{}
		s := newStore(blind, interceptor.Funcs{})
		ask := func(email, workspace, organization string) {
			q := by(email, workspace, "x")
			q.Organization = organization
			Expect(s.Keep(ctx, email, q)).To(Succeed())
		}
		ask("a@x.example", "support", "acme")
		ask("b@x.example", "support", "acme")
		ask("a@x.example", "sales", "acme")
		ask("c@x.example", "support", "zeta")
		counted := func() question.Counts {
			GinkgoHelper()
			counts, err := s.count(ctx, by("a@x.example", "support", "x"))
			Expect(err).NotTo(HaveOccurred())
			return counts
		}
		Expect(counted()).To(Equal(question.Counts{AddressOpen: 2, AddressToday: 2, WorkspaceOpen: 2, OrganizationOpen: 3}))
		passAll(ctx, s)
		Expect(counted()).To(Equal(question.Counts{AddressToday: 2}))

		By("asking while the cache shows nothing new")
		blind.Store(true)
		ask("a@x.example", "support", "beta")
		ask("A@x.example", "support", "acme")
		ask("d@x.example", "sales", "acme")
		Expect(counted()).To(Equal(question.Counts{AddressOpen: 2, AddressToday: 2, WorkspaceOpen: 1, OrganizationOpen: 2}))
		blind.Store(false)
		Expect(counted()).To(Equal(question.Counts{AddressOpen: 2, AddressToday: 4, WorkspaceOpen: 1, OrganizationOpen: 2}), "each counts once")
	})

	It("accept a limited number of an address a day, although all are passed on", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		for n := range question.DailyPerAddress {
			Expect(s.Keep(ctx, fmt.Sprint(n), by("clara@customer.example", "support", "x"))).To(Succeed())
			passAll(ctx, s)
		}
		Expect(s.Keep(ctx, "more", by("clara@customer.example", "support", "x"))).To(MatchError(&LimitError{Limit: question.LimitDay}))
		s.Now = func() time.Time { return noon.Add(question.Day) }
		Expect(s.Keep(ctx, "more", by("clara@customer.example", "support", "x"))).To(Succeed())
	})

	It("release the claim if a question cannot be written, and the error quotes nothing", func(ctx context.Context) {
		fail := true
		s := newStore(nil, interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if fail {
				return apierrors.NewInternalError(errors.New("secret text of clara"))
			}
			return c.Create(ctx, o, opts...)
		}})
		for range 2 * question.OpenPerAddress {
			err := s.Keep(ctx, "form", by("clara@customer.example", "support", "secret text"))
			Expect(err).To(MatchError(Not(ContainSubstring("clara"))))
		}
		fail = false
		Expect(s.Keep(ctx, "form", by("clara@customer.example", "support", "secret text"))).To(Succeed())
	})
})

func ofOneAddress(n int) *question.Question {
	// Whatever the case of its letters, it is one address.
	return by(strings.Map(func(r rune) rune { return r ^ rune(n%2*0x20) }, "clara")+"@customer.example", fmt.Sprintf("w%d", n), "x")
}
