// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A queue", func() {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var w *v1alpha1.Workspace
	var f effective.QueueFacts
	BeforeEach(func() {
		w = builders.Workspace("acme", "support").Obj()
		w.Generation = 1
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: "cola@acme.example"}
		f = effective.QueueFacts{
			Organization: builders.Organization("acme").Obj(), Now: noon,
			MessageID: func(email string, n int32) string { return fmt.Sprintf("<%s-%d>", email, n) },
		}
	})
	// pass is a pass of the reconciler. It returns the address in force.
	pass := func() string {
		w.Status.Queue = effective.NextQueue(w, f)
		w.Status.ObservedGeneration = w.Generation
		return effective.QueueInForce(w)
	}
	change := func(email v1alpha1.EmailAddress) {
		w.Generation++
		w.Spec.Portal.QueueEmail = email
	}
	allow := func(entries ...string) {
		var err error
		f.Domains, err = effective.ParseQueueDomains(entries)
		Expect(err).NotTo(HaveOccurred())
	}
	mailed := func(id string) types.GomegaMatcher {
		return And(HaveField("State", v1alpha1.QueueRequested), HaveField("Mail.MessageID", id), HaveField("Mail.State", v1alpha1.MailQueued))
	}

	It("GTA-8 is not used until its owner has confirmed it, and then until it changes", func() {
		Expect(effective.QueueInForce(w)).To(BeEmpty(), "before the first pass")
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue).To(mailed("<cola@acme.example-1>"))
		Expect(w.Status.Queue.ExpirationTime.Time).To(Equal(noon.AddDate(0, 0, 7)))
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue).To(mailed("<cola@acme.example-1>"), "the owner is asked once")

		w.Status.Queue.State = v1alpha1.QueueConfirmed
		change("COLA@acme.example")
		f.Now = noon.AddDate(1, 0, 0)
		Expect(pass()).To(Equal("COLA@acme.example"))

		change("other@acme.example")
		Expect(effective.QueueInForce(w)).To(BeEmpty(), "at once")
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue).To(mailed("<other@acme.example-2>"))
		change("cola@acme.example")
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue).To(mailed("<cola@acme.example-3>"))
	})

	It("GTA-8 stays in use at an upgrade if the status describes the spec, and in no other case", func() {
		w.Status.ObservedGeneration = 1
		Expect(effective.QueueInForce(w)).To(Equal("cola@acme.example"), "before the first pass")
		Expect(pass()).To(Equal("cola@acme.example"))
		Expect(w.Status.Queue.State).To(Equal(v1alpha1.QueueExisting))
		Expect(w.Status.Queue.Mail).To(BeNil())
		change("other@acme.example")
		Expect(pass()).To(BeEmpty())

		w.Status = v1alpha1.WorkspaceStatus{ObservedGeneration: w.Generation - 1}
		Expect(effective.QueueInForce(w)).To(BeEmpty(), "changed while no operator ran")
		Expect(pass()).To(BeEmpty())
		w.Spec.Portal = nil
		w.Generation++
		pass()
		w.Generation++
		w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: "cola@acme.example"}
		Expect(effective.QueueInForce(w)).To(BeEmpty(), "a page that is new")
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue).To(HaveField("SendCount", BeEquivalentTo(2)), "no link is used twice")
	})

	DescribeTable("GTA-8 is used without being asked where the platform allows it", func(allowed bool, entries ...string) {
		allow(entries...)
		if !allowed {
			Expect(pass()).To(BeEmpty())
			return
		}
		Expect(pass()).To(Equal("cola@acme.example"))
		Expect(w.Status.Queue).To(Equal(v1alpha1.QueueStatus{Email: "cola@acme.example", State: v1alpha1.QueueAllowed}))
		f.Domains = effective.QueueDomains{}
		Expect(pass()).To(BeEmpty(), "no longer allowed")
		Expect(w.Status.Queue).To(mailed("<cola@acme.example-1>"))
	},
		Entry("everywhere", true, "*"), Entry("by domain", true, "ACME.example"), Entry("by address", true, "cola@acme.example"),
		Entry("by organization", true, "other=other.example", "acme=acme.example"), Entry("below a domain", true, "*.example"),
		Entry("another organization's", false, "other=acme.example"), Entry("another domain", false, "me.example", "acme.example.example"),
		Entry("only below the domain", false, "*.acme.example"), Entry("another address", false, "kola@acme.example"),
	)

	DescribeTable("refuses a list of domains with", func(entry, why string) {
		_, err := effective.ParseQueueDomains([]string{"acme.example", entry})
		Expect(err).To(MatchError(And(ContainSubstring(fmt.Sprintf("%q", entry)), ContainSubstring(why))))
	},
		Entry("no domain", "acme=", "names neither a mail domain"), Entry("a name that is no organization", "Acme=acme.example", "does not name an organization"),
		Entry("a wildcard within", "a.*.example", "names neither a mail domain"), Entry("nothing below", "*.", "names neither a mail domain"),
	)

	It("GTA-8 is asked again when somebody wants to, unless its owner has declined", func() {
		pass()
		f.Now = noon.AddDate(0, 0, 7)
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue.State).To(Equal(v1alpha1.QueueExpired))
		resend := func(value string) v1alpha1.QueueStatus {
			w.Annotations = map[string]string{v1alpha1.AnnotationResend: value}
			pass()
			return w.Status.Queue
		}
		Expect(resend("1")).To(mailed("<cola@acme.example-2>"))
		Expect(resend("1")).To(mailed("<cola@acme.example-2>"))
		w.Status.Queue.State = v1alpha1.QueueUndeliverable
		Expect(resend("2")).To(mailed("<cola@acme.example-3>"))
		w.Status.Queue.State = v1alpha1.QueueDeclined
		Expect(resend("3")).To(HaveField("State", v1alpha1.QueueDeclined))
	})

	It("GTA-8 waits for its organization before anybody is asked", func() {
		organization := f.Organization
		f.Organization = nil
		Expect(pass()).To(BeEmpty())
		Expect(w.Status.Queue).To(Equal(v1alpha1.QueueStatus{Email: "cola@acme.example", State: v1alpha1.QueueRequested}))
		f.Organization = organization
		pass()
		Expect(w.Status.Queue).To(mailed("<cola@acme.example-1>"))
	})

	DescribeTable("GTA-8 says why it is not used", func(state v1alpha1.QueueState, mail v1alpha1.MailState, passes bool, why string) {
		pass()
		w.Status.Queue.State, w.Status.Queue.Mail.State = state, mail
		w.Status.Queue.ExpirationTime = &metav1.Time{Time: noon}
		message, passing := effective.QueueProblem(w)
		Expect(passing).To(Equal(passes))
		Expect(message).To(ContainSubstring(why))
	},
		Entry(nil, v1alpha1.QueueRequested, v1alpha1.MailQueued, true, "spec.portal.queueEmail cola@acme.example waits for its owner, who is about to be asked"),
		Entry(nil, v1alpha1.QueueRequested, v1alpha1.MailSent, true, "who was asked by mail to confirm it by 2026-11-22T12:00:00Z: until then the page is not open"),
		Entry(nil, v1alpha1.QueueExpired, v1alpha1.MailSent, false, "did not confirm it in time: change the annotation accounts.usher.dev/resend"),
		Entry(nil, v1alpha1.QueueDeclined, v1alpha1.MailSent, false, "its owner has declined: use another address"),
		Entry(nil, v1alpha1.QueueUndeliverable, v1alpha1.MailFailed, false, "the mail server permanently refused the mail"),
		Entry(nil, v1alpha1.QueueConfirmed, v1alpha1.MailSent, false, ""),
	)
})
