// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/notice"
)

var _ = Describe("Destinations", func() {
	contact := func(name string, notify []v1alpha1.Notification, methods ...v1alpha1.ContactMethod) v1alpha1.Contact {
		return v1alpha1.Contact{Name: v1alpha1.DisplayName(name), Notify: notify, Methods: methods}
	}
	email := func(s string) v1alpha1.ContactMethod {
		return v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: s}
	}
	sms := v1alpha1.ContactMethod{Type: v1alpha1.MethodSMS, Value: "+34600000009"}
	phone := v1alpha1.ContactMethod{Type: v1alpha1.MethodPhone, Value: "+34600000009"}
	alerts, reports := v1alpha1.NotifyAlerts, v1alpha1.NotifyReports

	It("GTA-12 GTA-13 are the methods of the contacts that want the stream, each once", func() {
		contacts := []v1alpha1.Contact{
			contact("Desk", []v1alpha1.Notification{alerts, reports}, email("desk@acme.example"), sms),
			contact("Night", []v1alpha1.Notification{alerts}, email("DESK@acme.example"), phone),
			contact("Silent", nil, email("silent@acme.example")),
		}
		served, unserved := notice.Destinations(contacts, alerts, nil)
		Expect(served).To(Equal([]notice.Destination{
			{Type: v1alpha1.MethodEmail, Value: "desk@acme.example", Contact: "Desk"},
			{Type: v1alpha1.MethodSMS, Value: "+34600000009", Contact: "Desk"},
			{Type: v1alpha1.MethodPhone, Value: "+34600000009", Contact: "Night"},
		}))
		Expect(unserved).To(BeZero())
		Expect(notice.Destinations(contacts, reports, notice.Among(served[:1]))).To(HaveLen(1))
	})

	It("NOV-13 ORG-27 stay whatever becomes of the assignee", func() {
		c := contact("Desk", []v1alpha1.Notification{alerts}, email("desk@acme.example"))
		c.Assignee = "gone@acme.example"
		Expect(notice.Destinations([]v1alpha1.Contact{c}, alerts, nil)).To(HaveExactElements(HaveField("Value", "desk@acme.example")))
	})

	It("are limited in number, and those left out are counted", func() {
		var contacts []v1alpha1.Contact
		for n := range 70 {
			contacts = append(contacts, contact("c", []v1alpha1.Notification{alerts}, email(string(rune('a'+n/26))+string(rune('a'+n%26))+"@acme.example")))
		}
		served, unserved := notice.Destinations(contacts, alerts, nil)
		Expect(served).To(HaveLen(notice.MaxDestinations))
		Expect(unserved).To(Equal(6))
	})
})
