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
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/question"
)

func TestStore(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Desk")
}

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// opened gives a desk on an API server in memory. Lists come from a cache that shows nothing new while blind is set.
func opened(blind *atomic.Bool, funcs interceptor.Funcs) *Store {
	if blind != nil {
		funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if blind.Load() {
				return nil
			}
			return c.List(ctx, list, opts...)
		}
	}
	b := fake.NewClientBuilder().WithIndex(&corev1.Secret{}, index, keys)
	api := b.Build()
	cached := interceptor.NewClient(api, funcs)
	d := &Store{Client: cached, Live: api, Namespace: "usher-system", Now: func() time.Time { return noon }}
	if blind != nil {
		d.Client = interceptor.NewClient(api, interceptor.Funcs{List: funcs.List, Get: func(ctx context.Context, c client.WithWatch,
			key client.ObjectKey, o client.Object, opts ...client.GetOption,
		) error {
			if blind.Load() {
				return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
			}
			return c.Get(ctx, key, o, opts...)
		}})
	}
	return d
}

func by(email, workspace, text string) *question.Question {
	return &question.Question{
		Record: question.Record{
			Organization: "acme", Workspace: workspace, WorkspaceUID: types.UID("uid-of-" + workspace), Subject: "subject",
			Asker: linktoken.AddressDigest(email), Address: email, Queue: "queue@acme.example",
		},
		Text: text,
	}
}

var _ = Describe("The desk", func() {
	It("keeps a question as a Secret of its own namespace, once a form", func(ctx context.Context) {
		d := opened(nil, interceptor.Funcs{})
		for range 3 {
			Expect(d.Keep(ctx, "form", by("Clara@customer.example", "support", "text"))).To(Succeed())
		}
		var list corev1.SecretList
		Expect(d.Live.List(ctx, &list)).To(Succeed())
		Expect(list.Items).To(HaveLen(1))
		Expect(list.Items[0]).To(And(
			HaveField("Namespace", "usher-system"), HaveField("Type", SecretType),
			HaveField("Labels", Equal(map[string]string{
				v1alpha1.ManagedByLabel: "usher", v1alpha1.LabelQuestion: "true", v1alpha1.LabelOrganization: "acme",
				v1alpha1.LabelWorkspace: "support", v1alpha1.LabelAsker: linktoken.AddressDigest("clara@customer.example"),
			})),
		))
		found, err := d.OfAsker(ctx, linktoken.AddressDigest("clara@CUSTOMER.example"), "uid-of-support")
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(HaveLen(1))
		Expect(found[0].State).To(Equal(question.Waiting))
		Expect(d.OfAsker(ctx, found[0].Asker, "uid-of-another")).To(BeEmpty())
	})

	DescribeTable("takes as many questions of an address as the limit allows, and no more, however stale its cache is (GTA-8)",
		func(ctx context.Context, stale bool) {
			blind := &atomic.Bool{}
			d := opened(blind, interceptor.Funcs{})
			blind.Store(stale)
			var kept, refused atomic.Int32
			var others sync.WaitGroup
			for n := range question.OpenPerAddress + 5 {
				others.Go(func() {
					defer GinkgoRecover()
					var reached *LimitError
					switch err := d.Keep(ctx, fmt.Sprint(n), ofOneAddress(n)); {
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
			Expect(d.Keep(ctx, "other", by("other@customer.example", "support", "x"))).To(Succeed(), "others notice nothing")
		},
		Entry("one after the other", false),
		Entry("all at once", true),
	)

	It("counts by address, workspace and organization, with what the cache does not show yet", func(ctx context.Context) {
		blind := &atomic.Bool{}
		d := opened(blind, interceptor.Funcs{})
		ask := func(email, workspace, organization string) {
			q := by(email, workspace, "x")
			q.Organization = organization
			Expect(d.Keep(ctx, email, q)).To(Succeed())
		}
		ask("a@x.example", "support", "acme")
		ask("b@x.example", "support", "acme")
		ask("a@x.example", "sales", "acme")
		ask("c@x.example", "support", "zeta")
		counted := func() question.Counts {
			GinkgoHelper()
			counts, err := d.count(ctx, by("a@x.example", "support", "x"))
			Expect(err).NotTo(HaveOccurred())
			return counts
		}
		Expect(counted()).To(Equal(question.Counts{AddressOpen: 2, AddressToday: 2, WorkspaceOpen: 2, OrganizationOpen: 3}))
		passAll(ctx, d)
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

	It("takes so many of an address a day, although all are passed on", func(ctx context.Context) {
		d := opened(nil, interceptor.Funcs{})
		for n := range question.DailyPerAddress {
			Expect(d.Keep(ctx, fmt.Sprint(n), by("clara@customer.example", "support", "x"))).To(Succeed())
			passAll(ctx, d)
		}
		Expect(d.Keep(ctx, "more", by("clara@customer.example", "support", "x"))).To(MatchError(&LimitError{Limit: question.LimitDay}))
		d.Now = func() time.Time { return noon.Add(question.Day) }
		Expect(d.Keep(ctx, "more", by("clara@customer.example", "support", "x"))).To(Succeed())
	})

	It("gives the place back when a question cannot be written, and says nothing of it", func(ctx context.Context) {
		fail := true
		d := opened(nil, interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if fail {
				return apierrors.NewInternalError(errors.New("secret text of clara"))
			}
			return c.Create(ctx, o, opts...)
		}})
		for range 2 * question.OpenPerAddress {
			err := d.Keep(ctx, "form", by("clara@customer.example", "support", "secret text"))
			Expect(err).To(MatchError(Not(ContainSubstring("clara"))))
		}
		fail = false
		Expect(d.Keep(ctx, "form", by("clara@customer.example", "support", "secret text"))).To(Succeed())
	})

	It("changes a question from its newest state, whoever changes it as well", func(ctx context.Context) {
		conflicts := 3
		d := opened(nil, interceptor.Funcs{Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if conflicts--; conflicts >= 0 {
				return apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, o.GetName(), errors.New("changed"))
			}
			return c.Update(ctx, o, opts...)
		}})
		Expect(d.Keep(ctx, "form", by("clara@customer.example", "support", "text"))).To(Succeed())
		all, err := d.OfAsker(ctx, linktoken.AddressDigest("clara@customer.example"), "uid-of-support")
		Expect(err).NotTo(HaveOccurred())
		kept, err := d.Amend(ctx, all[0].Name, func(q *question.Question) error { q.Confirm(noon); return nil })
		Expect(err).NotTo(HaveOccurred())
		Expect(kept.State).To(Equal(question.Received))
		Expect(d.Get(ctx, kept.Name)).To(HaveField("State", question.Received))
		_, err = d.Amend(ctx, kept.Name, func(*question.Question) error { return errors.New("no") })
		Expect(err).To(MatchError("no"))
		Expect(apierrors.IsConflict(d.Remove(ctx, all[0]))).To(BeTrue(), "who knew it before it was confirmed does not take it out")
		Expect(d.Remove(ctx, kept)).To(Succeed())
		Expect(d.Remove(ctx, kept)).To(Succeed())
		_, err = d.Get(ctx, kept.Name)
		Expect(err).To(MatchError(ErrGone))
	})

	It("reads only Secrets that are questions, and tells nothing of broken ones", func(ctx context.Context) {
		d := opened(nil, interceptor.Funcs{})
		foreign := &corev1.Secret{Data: map[string][]byte{"0001": []byte("key")}}
		foreign.Namespace, foreign.Name = "usher-system", "usher-link-keys"
		Expect(d.Client.Create(ctx, foreign)).To(Succeed())
		_, err := d.Get(ctx, "usher-link-keys")
		Expect(err).To(MatchError(ErrGone))
		Expect(keys(foreign)).To(BeEmpty())
		broken := foreign.DeepCopy()
		broken.Type, broken.Labels = SecretType, map[string]string{v1alpha1.LabelQuestion: "true"}
		broken.Data = map[string][]byte{"record.json": []byte("secret text")}
		_, err = Read(broken)
		Expect(err).To(MatchError(And(ContainSubstring("usher-system/usher-link-keys"), Not(ContainSubstring("secret text")))))
		Expect(keys(broken)).To(BeEmpty())
	})

	It("finds the oldest records beyond a bound", func(ctx context.Context) {
		d := opened(nil, interceptor.Funcs{})
		for n := range 4 {
			d.Now = func() time.Time { return noon.Add(time.Duration(n) * time.Hour) }
			Expect(d.Keep(ctx, fmt.Sprint(n), by(fmt.Sprintf("c%d@x.example", n), "support", "x"))).To(Succeed())
			passAll(ctx, d)
		}
		surplus, err := d.Surplus(ctx, "acme", 3)
		Expect(err).NotTo(HaveOccurred())
		Expect(surplus).To(ConsistOf(HaveField("Asked", noon)))
		Expect(d.Surplus(ctx, "acme", 4)).To(BeEmpty())
	})
})

func ofOneAddress(n int) *question.Question {
	// Written in whatever way, it is one address.
	return by(strings.Map(func(r rune) rune { return r ^ rune(n%2*0x20) }, "clara")+"@customer.example", fmt.Sprintf("w%d", n), "x")
}

// passAll passes on whatever is open.
func passAll(ctx context.Context, d *Store) {
	GinkgoHelper()
	open, err := d.kept(ctx, openOfOrganization("acme"))
	Expect(err).NotTo(HaveOccurred())
	for _, k := range open {
		_, err := d.Amend(ctx, k.Name, func(q *question.Question) error {
			q.Confirm(d.Now())
			q.Note(question.KindQuestion, attempt.Result{}, d.Now())
			return nil
		})
		Expect(err).NotTo(HaveOccurred())
	}
}
