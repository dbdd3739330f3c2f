// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

var _ = Describe("A mail about changed access", func() {
	var p *person

	BeforeEach(func() {
		p = newPerson()
		p.pass(0, modules("desk", "phone"))
	})

	id := func() string { return p.status.AccessChange.Mail.MessageID }

	It("has the same Message-ID while it says the same, and another when it says something else", func() {
		first := id()
		p.pass(time.Minute, same)
		Expect(id()).To(Equal(first))
		p.pass(2*time.Minute, modules("phone", "desk"))
		Expect(id()).To(Equal(first), "the order is nothing new")
		p.pass(3*time.Minute, role(v1alpha1.RoleTechnician))
		second := id()
		Expect(second).NotTo(Equal(first))
		p.pass(4*time.Minute, role(v1alpha1.RoleUserAdmin))
		Expect(id()).NotTo(BeElementOf(first, second))
		Expect(p.due()).To(Equal(time.Hour), "nothing moves the time")
	})

	It("is tried again after a failure and given up when the address is refused", func() {
		p.send(time.Hour, attempt.Result{Error: "451 later"})
		Expect(p.status.AccessChange.Mail).To(HaveValue(And(HaveField("State", v1alpha1.MailQueued), HaveField("Attempts", BeEquivalentTo(1)),
			HaveField("LastError", "451 later"))))
		Expect(p.due()).To(Equal(time.Hour + 10*time.Second))
		p.send(2*time.Hour, attempt.Result{Budget: "1000 an hour", RetryAt: noon.Add(3 * time.Hour)})
		Expect(p.status.AccessChange.Mail.Budget).To(Equal("1000 an hour"))
		p.send(4*time.Hour, attempt.Result{Error: "550 no such user", Permanent: true, Scope: v1alpha1.MailScopeRecipient})
		Expect(p.status.AccessChange).To(HaveValue(And(HaveField("Mail.State", v1alpha1.MailFailed), HaveField("AddedModules", BeEmpty()),
			HaveField("SentTime", BeNil()))))
		failed := p.status.AccessChange.DeepCopy()
		Expect(p.pass(5*time.Hour, same)).To(Equal(failed))
		p.pass(6*time.Hour, modules("desk"))
		Expect(p.due()).To(Equal(7*time.Hour), "a later change is a new mail")
	})

	It("leaves to tell what changed while it was being sent", func() {
		said, sent := accesschange.Of(&p.status), attempt.Result{MessageID: id()}
		p.pass(time.Hour, role(v1alpha1.RoleTechnician))
		accesschange.Record(&p.status, said, sent, noon.Add(time.Hour))
		Expect(p.status.AccessChange).To(HaveValue(And(HaveField("FormerRole", v1alpha1.RoleMember), HaveField("AddedModules", BeEmpty()),
			HaveField("Mail", BeNil()))))
		p.pass(2*time.Hour, same)
		Expect(p.due()).To(Equal(25 * time.Hour))
	})

	It("leaves to tell what was undone while it was being sent", func() {
		said, sent := accesschange.Of(&p.status), attempt.Result{MessageID: id()}
		Expect(p.pass(time.Hour, modules("desk"))).To(BeNil())
		accesschange.Record(&p.status, said, sent, noon.Add(time.Hour))
		p.pass(2*time.Hour, same)
		Expect(p.send(25*time.Hour, attempt.Result{})).To(HaveField("RemovedModules", HaveExactElements(v1alpha1.ObjectName("phone"))))
	})

	It("is recorded once, and the failure of another one not at all", func() {
		said, result := accesschange.Of(&p.status), attempt.Result{MessageID: id()}
		p.send(time.Hour, attempt.Result{})
		recorded := p.status.AccessChange.DeepCopy()
		accesschange.Record(&p.status, said, result, noon.Add(2*time.Hour))
		Expect(p.status.AccessChange).To(Equal(recorded))
		p.pass(30*time.Hour, modules())
		queued := p.status.AccessChange.DeepCopy()
		accesschange.Record(&p.status, said, attempt.Result{MessageID: "<other>", Error: "550", Permanent: true}, noon.Add(30*time.Hour))
		accesschange.Record(&p.status, said, attempt.Result{MessageID: "<other>", Budget: "1000"}, noon.Add(30*time.Hour))
		Expect(p.status.AccessChange).To(Equal(queued))
	})
})
