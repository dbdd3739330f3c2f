// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/scim"
)

const location = "https://usher.example/scim/v2/acme/Users"

var (
	created = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	later   = created.Add(time.Hour)
)

func decoded(body string) scim.Resource {
	GinkgoHelper()
	r, err := scim.Users().Decode([]byte(body))
	Expect(err).NotTo(HaveOccurred())
	return r
}

// account returns the account of a person whom the directory has sent.
func account(body string) *v1alpha1.OrgUser {
	GinkgoHelper()
	u, err := directory.New("acme", decoded(body), v1alpha1.OnboardingNone, created)
	Expect(err).NotTo(HaveOccurred())
	u.CreationTimestamp = metav1.NewTime(created)
	return u
}

func seen(u *v1alpha1.OrgUser) scim.Resource {
	GinkgoHelper()
	r, err := directory.Resource(u, location)
	Expect(err).NotTo(HaveOccurred())
	return r
}

// patched changes an account as a PATCH does.
func patched(u *v1alpha1.OrgUser, operations string) bool {
	GinkgoHelper()
	p, err := scim.DecodePatch(fmt.Appendf(nil, `{"Operations": %s}`, operations))
	Expect(err).NotTo(HaveOccurred())
	before, err := directory.Sent(u)
	Expect(err).NotTo(HaveOccurred())
	after, err := scim.Users().Patch(before, p)
	Expect(err).NotTo(HaveOccurred())
	changed, err := directory.Change(u, after, later)
	Expect(err).NotTo(HaveOccurred())
	return changed
}

const ana = `{"externalId": "a1B2", "userName": "Ana@acme.example", "displayName": "Ana Pérez", "active": true,
	"emails": [{"value": "ana@home.example", "type": "home"}, {"value": "ana@acme.example", "type": "work"}],
	"phoneNumbers": [{"value": "+34 (600) 000-001", "type": "mobile"}], "title": "CFO"}`

var _ = Describe("An account of a directory", func() {
	It("LMI-10 is the directory's, has the least role, and takes address, name and number", func() {
		u := account(ana)
		Expect(directory.Keeps(u)).To(BeTrue())
		Expect(u.Namespace).To(Equal("acme"))
		Expect(u.Finalizers).To(ConsistOf(v1alpha1.Finalizer))
		Expect(u.Spec).To(Equal(v1alpha1.OrgUserSpec{
			Email: "ana@acme.example", DisplayName: "Ana Pérez", Phone: "+34600000001", Role: v1alpha1.RoleMember,
			Access: v1alpha1.AccessFull, Onboarding: v1alpha1.OnboardingNone,
		}))
	})

	It("DIR-1 is returned as it was sent, with an identifier, its URL and its version", func() {
		r := seen(account(ana))
		meta, _ := r["meta"].(map[string]any)
		Expect(meta).To(And(
			HaveKeyWithValue("location", MatchRegexp(`^https://usher\.example/scim/v2/acme/Users/ana-[0-9a-f]{8}$`)),
			HaveKeyWithValue("created", "2026-11-30T10:00:00Z"), HaveKeyWithValue("version", scim.ETag(r)),
		))
		delete(r, "meta")
		Expect(r["id"]).To(MatchRegexp(`^ana-`))
		delete(r, "id")
		Expect(r).To(Equal(decoded(ana)))
	})

	It("DIR-1 is found by its externalId, with its case, and by its userName, in any case", func() {
		u := account(ana)
		Expect(u.Labels).To(And(HaveKeyWithValue(v1alpha1.LabelDirectoryID, directory.ByID("a1B2")[v1alpha1.LabelDirectoryID]),
			HaveKeyWithValue(v1alpha1.LabelDirectoryName, directory.ByName("ANA@acme.EXAMPLE")[v1alpha1.LabelDirectoryName])))
		Expect(directory.ByID("A1B2")).NotTo(Equal(directory.ByID("a1B2")))
		for _, value := range directory.ByID(strings.Repeat("x", 1000)) {
			Expect(len(value)).To(BeNumerically("<=", 63))
		}
	})

	DescribeTable("LMI-10 has the address", func(body, email string) {
		Expect(account(body).Spec.Email).To(Equal(v1alpha1.EmailAddress(email)))
	},
		Entry("that is primary", `{"userName":"a","emails":[{"value":"w@a.example","type":"work"},{"value":"p@a.example","primary":true}]}`, "p@a.example"),
		Entry("for work", `{"userName":"a","emails":[{"value":"h@a.example","type":"home"},{"value":"w@a.example","type":"Work"}]}`, "w@a.example"),
		Entry("that is the first one", `{"userName":"a","emails":[{"value":"x@a.example"},{"value":"y@a.example"}]}`, "x@a.example"),
		Entry("that is the userName", `{"userName":" a@a.example"}`, "a@a.example"),
	)

	DescribeTable("LMI-10 has the name", func(body, name string) {
		Expect(account(`{"userName":"a@a.example",` + body + `}`).Spec.DisplayName).To(Equal(v1alpha1.DisplayName(name)))
	},
		Entry("displayName", `"displayName":"A  B","name":{"formatted":"C"}`, "A B"),
		Entry("name.formatted", `"name":{"formatted":"C","givenName":"D"}`, "C"),
		Entry("of its parts", `"name":{"givenName":"D","familyName":"E"}`, "D E"),
		Entry("derived from the address, for want of one", `"title":"x"`, ""),
		Entry("derived from the address, for want of one that can be shown", `"displayName":"\u202e"`, ""),
	)

	DescribeTable("DIR-1 has a number in E.164 form if it can", func(sent, number string) {
		u := account(`{"userName":"a@a.example","phoneNumbers":[{"value":` + sent + `}]}`)
		Expect(u.Spec.Phone).To(Equal(v1alpha1.PhoneNumber(number)))
		body, err := json.Marshal(seen(u)["phoneNumbers"])
		Expect(err).NotTo(HaveOccurred())
		Expect(body).To(MatchJSON(`[{"value":`+sent+`}]`), "as it was sent")
	},
		Entry("with spaces", `"+34 600 000 001"`, "+34600000001"),
		Entry("with a zero in parentheses", `"+49 (0)30 1234567"`, "+49301234567"),
		Entry("as a URI", `"tel:+1-201-555-0123"`, "+12015550123"),
		Entry("without a country", `"600 000 001"`, ""),
		Entry("with an extension", `"+1 201 555 0123 x7"`, ""),
	)

	It("LMI-10 needs an address", func() {
		_, err := directory.New("acme", decoded(`{"userName": "ana", "emails": [{"value": "ana"}]}`), v1alpha1.OnboardingNone, created)
		Expect(err).To(MatchError(ContainSubstring(`the person "ana" has no email address that Usher can use`)))
	})

	It("LMI-10 has limited attributes", func() {
		_, err := directory.New("acme", decoded(`{"userName": "a@a.example", "title": "`+strings.Repeat("x", 65<<10)+`"}`),
			v1alpha1.OnboardingNone, created)
		Expect(err).To(MatchError(ContainSubstring("map fewer of them")))
	})

	DescribeTable("DIR-4 is suspended by deactivation, and returns", func(off, on string) {
		u := account(ana)
		Expect(patched(u, off)).To(BeTrue())
		Expect(u.Spec.Suspend).To(BeTrue())
		Expect(seen(u)["active"]).To(BeFalse())
		Expect(patched(u, on)).To(BeTrue())
		Expect(u.Spec.Suspend).To(BeFalse())
	},
		Entry("as Entra ID says", `[{"op":"Replace","path":"active","value":"False"}]`, `[{"op":"Replace","path":"active","value":"True"}]`),
		Entry("as Okta says", `[{"op":"replace","value":{"active":false}}]`, `[{"op":"replace","value":{"active":true}}]`),
	)

	It("DIR-6 keeps what it has when the address, the name and the userName change", func() {
		u := account(ana)
		u.Spec.Role, u.Spec.Groups, u.Spec.Modules = v1alpha1.RoleTechnician, []v1alpha1.ObjectName{"helpdesk"}, []v1alpha1.ObjectName{"remote"}
		name := u.Name
		Expect(patched(u, `[{"op":"Replace","path":"userName","value":"ana.gil@acme.example"},
			{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ana.gil@acme.example"},
			{"op":"Replace","path":"displayName","value":"Ana Gil"}]`)).To(BeTrue())
		Expect(u.Name).To(Equal(name))
		Expect(u.Spec).To(Equal(v1alpha1.OrgUserSpec{
			Email: "ana.gil@acme.example", DisplayName: "Ana Gil", Phone: "+34600000001", Role: v1alpha1.RoleTechnician,
			Access: v1alpha1.AccessFull, Onboarding: v1alpha1.OnboardingNone, Groups: []v1alpha1.ObjectName{"helpdesk"},
			Modules: []v1alpha1.ObjectName{"remote"},
		}))
		Expect(u.Labels).To(HaveKeyWithValue(v1alpha1.LabelDirectoryName, directory.ByName("ana.gil@acme.example")[v1alpha1.LabelDirectoryName]))
	})

	It("DIR-4 changes nothing if nothing has changed", func() {
		u := account(ana)
		before := u.DeepCopy()
		Expect(patched(u, `[{"op":"Replace","path":"active","value":"True"},{"op":"replace","path":"title","value":"CFO"}]`)).To(BeFalse())
		Expect(u).To(Equal(before))
	})

	It("DIR-3 keeps what an administrator has set and the directory has not changed", func() {
		u := account(ana)
		u.Spec.DisplayName, u.Spec.Suspend = "Ana, CFO", true
		Expect(patched(u, `[{"op":"replace","path":"title","value":"CEO"}]`)).To(BeTrue())
		Expect(u.Spec.DisplayName).To(Equal(v1alpha1.DisplayName("Ana, CFO")))
		Expect(u.Spec.Suspend).To(BeTrue(), "a directory that changes a title does not let a suspended person in")
		Expect(seen(u)["active"]).To(BeFalse())
		Expect(seen(u)["meta"]).To(HaveKeyWithValue("lastModified", "2026-11-30T11:00:00Z"))
	})

	It("DIR-3 stays suspended by an administrator until the directory itself decides otherwise", func() {
		put := func(u *v1alpha1.OrgUser, body string) {
			GinkgoHelper()
			before, err := directory.Sent(u)
			Expect(err).NotTo(HaveOccurred())
			after, err := scim.Users().Replace(before, []byte(body))
			Expect(err).NotTo(HaveOccurred())
			_, err = directory.Change(u, after, later)
			Expect(err).NotTo(HaveOccurred())
		}
		u := account(ana)
		u.Spec.Suspend = true
		put(u, `{"userName":"ana@acme.example","active":true,"title":"CEO"}`)
		Expect(u.Spec.Suspend).To(BeTrue(), "the directory has said so before")
		put(u, `{"userName":"ana@acme.example","active":false}`)
		u.Spec.Suspend = false
		put(u, `{"userName":"ana@acme.example","active":false,"title":"CFO"}`)
		Expect(u.Spec.Suspend).To(BeFalse(), "the organization has let the person in since")
		put(u, `{"userName":"ana@acme.example","active":true}`)
		put(u, `{"userName":"ana@acme.example","active":false}`)
		Expect(u.Spec.Suspend).To(BeTrue())
	})

	DescribeTable("DIR-6 is not renamed when Entra ID buries it", func(name string) {
		u := account(ana)
		Expect(patched(u, `[{"op":"Replace","path":"userName","value":"`+name+`"},{"op":"Replace","path":"active","value":"False"},
			{"op":"Replace","path":"emails[type eq \"work\"].value","value":"`+name+`"}]`)).To(BeTrue())
		Expect(u.Spec.Email).To(Equal(v1alpha1.EmailAddress("ana@acme.example")))
		Expect(seen(u)["userName"]).To(Equal("Ana@acme.example"))
		Expect(u.Spec.Suspend).To(BeTrue())
	},
		Entry("by its objectId", "0a21f0f2d8b14c73a0a1b3c4d5e6f708ana@acme.example"),
		Entry("by its objectId with hyphens", "0a21f0f2-d8b1-4c73-a0a1-b3c4d5e6f708Ana@acme.example"),
	)

	It("DIR-6 is renamed by a name that only ends alike", func() {
		u := account(`{"userName":"ana@acme.example"}`)
		Expect(patched(u, `[{"op":"replace","path":"userName","value":"mariana@acme.example"}]`)).To(BeTrue())
		Expect(u.Spec.Email).To(Equal(v1alpha1.EmailAddress("mariana@acme.example")))
	})

	It("DIR-1 says what to do when its annotation cannot be read", func() {
		u := account(ana)
		u.Annotations[v1alpha1.AnnotationDirectory] = "{"
		_, err := directory.Resource(u, location)
		Expect(err).To(MatchError(ContainSubstring(`the annotation accounts.usher.dev/directory of the OrgUser "ana-`)))
	})
})
