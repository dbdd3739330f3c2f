// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// provider has accounts, by address. It notes the calls that change something.
type provider struct {
	accounts map[string]string
	calls    []string
	before   time.Time
	err      error
}

func (p *provider) Create(context.Context, identity.Account, identity.Hash) error { return p.err }

func (p *provider) SetPassword(context.Context, string, identity.Hash) error { return p.err }

func (p *provider) Find(_ context.Context, address string) (string, error) {
	return p.accounts[address], p.err
}

func (p *provider) Delete(_ context.Context, address string) error {
	p.calls = append(p.calls, "delete "+address)
	if p.err == nil {
		delete(p.accounts, address)
	}
	return p.err
}

func (p *provider) RevokeSessions(_ context.Context, id string, before time.Time) error {
	p.calls, p.before = append(p.calls, "revoke "+id), before
	return p.err
}

var _ = Describe("A person's account at the identity provider", func() {
	const address = "nora@acme.example"
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	var (
		p    *provider
		now  time.Time
		acme *v1alpha1.Organization
	)
	BeforeEach(func() {
		p, now = &provider{accounts: map[string]string{}}, noon
		acme = builders.Organization("acme").Obj()
	})
	// person returns Nora with an account in a state that it has had since noon.
	person := func(namespace string, state v1alpha1.AccountState, changes ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := builders.OrgUser(namespace, "nora").Email(address).Obj()
		u.UID, u.Finalizers = types.UID(namespace+"-nora"), []string{v1alpha1.Finalizer}
		u.Status.State = v1alpha1.UserActive
		u.Status.Onboarding = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive}
		if state != "" {
			u.Status.Account = &v1alpha1.AccountStatus{State: state, ID: "1", Email: address, Since: metav1.NewTime(noon)}
		}
		for _, change := range changes {
			change(u)
		}
		return u
	}
	suspended := func(u *v1alpha1.OrgUser) { u.Spec.Suspend, u.Status.State = true, v1alpha1.UserSuspended }
	// pass makes a pass over the person, and returns them as they are then.
	pass := func(ctx context.Context, u *v1alpha1.OrgUser, others ...client.Object) (*v1alpha1.OrgUser, ctrl.Result) {
		GinkgoHelper()
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		b := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(u).WithObjects(append(others, acme, u)...)
		Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		c := b.Build()
		r := New(c, lookup.New(c, effective.IntakeDomains{}), lookup.NewAPIReader(c), p, "usher.example", func() time.Time { return now })
		read := func() *v1alpha1.OrgUser {
			GinkgoHelper()
			fresh := &v1alpha1.OrgUser{}
			Expect(c.Get(ctx, client.ObjectKeyFromObject(u), fresh)).To(Succeed())
			return fresh
		}
		result, err := r.Reconcile(ctx, read())
		Expect(err).NotTo(HaveOccurred())
		return read(), result
	}
	ready := func(u *v1alpha1.OrgUser) {
		setCondition(u, metav1.ConditionTrue, v1alpha1.ReasonReady, "the person can sign in")
	}

	It("SIG-2 is planned under an ID of its own, unless the organization has a provider of its own", func(ctx SpecContext) {
		u, _ := pass(ctx, person("acme", ""))
		Expect(u.Status.Account).To(And(HaveField("State", v1alpha1.AccountPlanned), HaveField("Email", address)))
		Expect(u).To(HaveCondition(v1alpha1.ConditionAccountReady, "False", v1alpha1.ReasonAwaitingPassword))
		other, _ := pass(ctx, person("acme", ""))
		Expect(other.Status.Account.ID).NotTo(Equal(u.Status.Account.ID))
		acme.Spec.SignIn = &v1alpha1.OrganizationSignIn{IssuerURL: "https://login.acme.example", ClientID: "usher"}
		u, _ = pass(ctx, person("acme", ""))
		Expect(u.Status.Account).To(BeNil())
	})

	It("SIG-4 is deleted with its sessions when the person is suspended, and planned anew with a link when they return", func(ctx SpecContext) {
		p.accounts[address] = "1"
		u, _ := pass(ctx, person("acme", v1alpha1.AccountReady, suspended))
		Expect(p.calls).To(HaveExactElements("delete "+address, "revoke 1"))
		Expect(p.before).To(BeZero(), "all of them")
		Expect(u.Status.Account.State).To(Equal(v1alpha1.AccountClosed))
		u.Spec.Suspend, u.Status.State = false, v1alpha1.UserActive
		u.ResourceVersion = ""
		u, _ = pass(ctx, u)
		Expect(u.Status.Account).To(And(HaveField("State", v1alpha1.AccountPlanned), HaveField("ID", Not(Equal("1"))),
			HaveField("RequestTime", Not(BeNil()))))
	})

	It("SIG-4 stays while the person has it in another organization, and when it is somebody else's", func(ctx SpecContext) {
		p.accounts[address] = "1"
		_, _ = pass(ctx, person("acme", v1alpha1.AccountReady, suspended), person("initech", v1alpha1.AccountReady))
		_, _ = pass(ctx, person("acme", v1alpha1.AccountForeign, suspended))
		Expect(p.calls).To(BeEmpty())
	})

	It("SIG-4 is deleted now and once more a minute later, while the portal may be creating it", func(ctx SpecContext) {
		p.accounts[address] = "1"
		u, result := pass(ctx, person("acme", v1alpha1.AccountSetting, suspended))
		Expect(p.calls).To(ContainElement("delete " + address))
		Expect(result.RequeueAfter).To(Equal(time.Minute))
		Expect(u.Status.Account.State).To(Equal(v1alpha1.AccountSetting))
		p.accounts[address], p.calls, now = "1", nil, noon.Add(time.Minute)
		u, _ = pass(ctx, person("acme", v1alpha1.AccountSetting, suspended))
		Expect(p.calls).To(ContainElement("delete " + address))
		Expect(u.Status.Account.State).To(Equal(v1alpha1.AccountClosed))
	})

	DescribeTable("SIG-2 is looked up when the portal has not said what became of a password", func(ctx SpecContext, id string, state v1alpha1.AccountState, link bool) {
		p.accounts[address] = id
		_, result := pass(ctx, person("acme", v1alpha1.AccountSetting))
		Expect(result.RequeueAfter).To(Equal(time.Minute), "the portal may still say it")
		now = noon.Add(time.Minute)
		u, _ := pass(ctx, person("acme", v1alpha1.AccountSetting))
		Expect(u.Status.Account.State).To(Equal(state))
		Expect(u.Status.Account.RequestTime != nil).To(Equal(link))
	},
		Entry("nothing", "", v1alpha1.AccountPlanned, true),
		Entry("the account", "1", v1alpha1.AccountReady, false),
		Entry("somebody else's account", "2", v1alpha1.AccountForeign, false),
	)

	It("SIG-2 has a link mailed to the person who asked for one, which replaces the former ones", func(ctx SpecContext) {
		u, _ := pass(ctx, person("acme", v1alpha1.AccountReady, func(u *v1alpha1.OrgUser) {
			u.Status.Account.RequestTime, u.Status.Account.SendCount = new(metav1.NewTime(noon)), 1
		}))
		Expect(u.Status.Account).To(And(HaveField("SendCount", BeEquivalentTo(2)), HaveField("RequestTime", BeNil()),
			HaveField("ExpirationTime.Time", BeTemporally("==", noon.Add(time.Hour))), HaveField("Mail.State", v1alpha1.MailQueued)))
	})

	It("SIG-4 ends what was begun with a former password and redeemed after the change, once no code of it is left", func(ctx SpecContext) {
		changed := func(u *v1alpha1.OrgUser) {
			ready(u)
			u.Status.Account.ChangeTime = new(metav1.NewTime(noon))
		}
		u, result := pass(ctx, person("acme", v1alpha1.AccountReady, changed))
		Expect(result.RequeueAfter).To(Equal(identity.RedeemTime))
		Expect(p.calls).To(BeEmpty())
		Expect(u.Status.Account.ChangeTime).NotTo(BeNil())
		now = noon.Add(identity.RedeemTime + time.Minute)
		u, _ = pass(ctx, person("acme", v1alpha1.AccountReady, changed))
		Expect(p.calls).To(HaveExactElements("revoke 1"))
		Expect(p.before).To(BeTemporally("==", noon.Add(identity.RedeemTime)), "whoever has signed in since stays")
		Expect(u.Status.Account.ChangeTime).To(BeNil())
		Expect(u).To(HaveCondition(v1alpha1.ConditionAccountReady, "True", v1alpha1.ReasonReady))
	})

	It("SIG-4 is tried again while the provider does not answer, which is shown and loses nothing", func(ctx SpecContext) {
		p.err = errors.New("it does not answer")
		u, result := pass(ctx, person("acme", v1alpha1.AccountReady, suspended))
		Expect(result.RequeueAfter).To(Equal(retryDelay))
		Expect(u.Status.Account.State).To(Equal(v1alpha1.AccountReady))
		Expect(u).To(HaveCondition(v1alpha1.ConditionAccountReady, "False", v1alpha1.ReasonProviderUnavailable))
	})
})
