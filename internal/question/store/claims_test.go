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
		Expect(counted()).To(Equal(question.Counts{
			AddressOpen: 2, AddressToday: 2, AddressWaiting: 2, WorkspaceWaiting: 2, OrganizationWaiting: 3,
		}))
		passAll(ctx, s)
		Expect(counted()).To(Equal(question.Counts{AddressToday: 2}))

		By("asking while the cache shows nothing new")
		blind.Store(true)
		ask("a@x.example", "support", "beta")
		ask("A@x.example", "support", "acme")
		ask("d@x.example", "sales", "acme")
		Expect(counted()).To(Equal(question.Counts{
			AddressOpen: 2, AddressToday: 2, AddressWaiting: 2, WorkspaceWaiting: 1, OrganizationWaiting: 2,
		}))
		blind.Store(false)
		Expect(counted()).To(Equal(question.Counts{
			AddressOpen: 2, AddressToday: 4, AddressWaiting: 2, WorkspaceWaiting: 1, OrganizationWaiting: 2,
		}), "each counts once")
	})

	It("OPS-9 keep room for confirmed questions, and for the unconfirmed ones of others, whatever one network asks", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		at := noon
		s.Now = func() time.Time { return at }
		asks := func(n int, network string) {
			GinkgoHelper()
			at = at.Add(time.Second)
			q := by(fmt.Sprintf("p%d@customer.example", n), "support", "x")
			q.Network = network
			Expect(s.Keep(ctx, fmt.Sprint(n, network), q)).To(Succeed())
		}
		asks(-1, "192.0.2.0/24")
		asks(-2, "198.51.100.0/24")
		for n := range question.WaitingPerWorkspace - 2 {
			at = at.Add(time.Second)
			awaiting(ctx, s, fmt.Sprintf("p%d@customer.example", n), "203.0.113.0/24")
		}
		for n := range 20 {
			asks(1000+n, "203.0.113.0/24")
		}
		asks(-3, "192.0.2.0/24")
		waiting, err := s.kept(ctx, waitingOfOrganization("acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(waiting).To(HaveLen(question.WaitingPerWorkspace))
		addresses := map[string]bool{}
		for _, k := range waiting {
			addresses[k.Address] = true
		}
		for _, kept := range []string{"p-1", "p-2", "p-3", "p1019", "p21"} {
			Expect(addresses).To(HaveKey(kept + "@customer.example"))
		}
		Expect(addresses).NotTo(HaveKey("p20@customer.example"), "the oldest of the network that has the most makes room")
	})

	It("OPS-9 leave an address to its owner, whoever else writes it into the form", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		asks := func(n int, network string) error {
			q := by("clara@customer.example", "support", "x")
			q.Network = network
			return s.Keep(ctx, fmt.Sprint(n, network), q)
		}
		for n := range question.OpenPerAddress {
			Expect(asks(n, "203.0.113.0/24")).To(Succeed())
		}
		Expect(asks(9, "203.0.113.0/24")).To(MatchError(&LimitError{Limit: question.LimitAddress}))
		Expect(asks(0, "192.0.2.0/24")).To(Succeed())
		for n := range question.OpenPerAddress {
			Expect(asks(n, "198.51.100.0/24")).To(Succeed())
		}
		for n := 1; n < question.OpenPerAddress; n++ {
			Expect(asks(n, "192.0.2.0/24")).To(Succeed())
		}
		Expect(asks(0, "[2001:db8::]/48")).To(MatchError(&LimitError{Limit: question.LimitAddress}), "each of them is a mail to Clara")
	})

	It("OPS-9 keep a question that is confirmed while another one displaces it", func(ctx context.Context) {
		var confirm func()
		s := newStore(nil, interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			confirm()
			return c.Delete(ctx, o, opts...)
		}})
		for n := range question.WaitingPerWorkspace {
			awaiting(ctx, s, fmt.Sprintf("p%d@customer.example", n), "")
		}
		confirm = func() { passAll(ctx, s) }
		Expect(s.Keep(ctx, "more", by("more@customer.example", "support", "x"))).To(Succeed())
		records, err := s.kept(ctx, passedOfOrganization("acme"))
		Expect(err).NotTo(HaveOccurred())
		Expect(records).To(HaveLen(question.WaitingPerWorkspace + 1))
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
