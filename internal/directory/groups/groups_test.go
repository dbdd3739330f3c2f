// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package groups_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/groups"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestGroups(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Groups")
}

const base = "https://usher.example/scim/v2/acme"

// world is an organization with people of its directory, and the client through which the directory acts.
type world struct {
	*groups.Groups
	client client.WithWatch
	mu     sync.Mutex
	made   int
	writes int
	// between is called once, after a change has read and before it writes.
	between func()
	// refuse, unless it is nil, is what the API server answers to a new group.
	refuse error
}

func newWorld(objects ...client.Object) *world {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	w := &world{}
	created := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	objects = append(objects, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "acme"}})
	for _, name := range []string{"ana", "bea", "eva"} {
		objects = append(objects, person(name+"@acme.example"))
	}
	inner := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	w.client = interceptor.NewClient(inner, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			w.mu.Lock()
			w.made++
			o.SetUID(types.UID(fmt.Sprintf("uid-%03d", 1000-w.made)))
			o.SetCreationTimestamp(metav1.NewTime(created.Add(time.Duration(w.made/3) * time.Second)))
			w.mu.Unlock()
			if w.refuse != nil {
				return w.refuse
			}
			return c.Create(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			w.mu.Lock()
			w.writes++
			between := w.between
			w.between = nil
			w.mu.Unlock()
			if between != nil {
				between()
			}
			return c.Patch(ctx, o, p, opts...)
		},
	})
	w.Groups = &groups.Groups{
		Client: w.client, Organization: "acme", Base: base, Now: func() time.Time { return created.Add(time.Hour) },
	}
	return w
}

// person returns the account of somebody whom the directory has sent.
func person(email string) *v1alpha1.OrgUser {
	GinkgoHelper()
	r, err := scim.Users().Decode(fmt.Appendf(nil, `{"userName": %q}`, email))
	Expect(err).NotTo(HaveOccurred())
	u, err := directory.New("acme", r, v1alpha1.OnboardingNone, time.Now())
	Expect(err).NotTo(HaveOccurred())
	return u
}

// id returns the identifier of a person.
func id(name string) string { return person(name + "@acme.example").Name }

func decoded(body string) scim.Resource {
	GinkgoHelper()
	r, err := scim.Groups().Decode([]byte(body))
	Expect(err).NotTo(HaveOccurred())
	return r
}

func (w *world) post(ctx context.Context, body string) scim.Resource {
	GinkgoHelper()
	r, created, err := w.Create(ctx, decoded(body))
	Expect(err).NotTo(HaveOccurred())
	Expect(created).To(BeTrue())
	return r
}

func (w *world) patch(ctx context.Context, id, match, operations string) (scim.Resource, error) {
	GinkgoHelper()
	p, err := scim.DecodePatch([]byte(`{"Operations": ` + operations + `}`))
	Expect(err).NotTo(HaveOccurred())
	return w.Change(ctx, id, match, func(sent scim.Resource) (scim.Resource, error) { return scim.Groups().Patch(sent, p) })
}

func (w *world) put(ctx context.Context, id, body string) (scim.Resource, error) {
	return w.Change(ctx, id, "", func(sent scim.Resource) (scim.Resource, error) { return scim.Groups().Replace(sent, []byte(body)) })
}

func (w *world) group(ctx context.Context, name string) *v1alpha1.OrgGroup {
	GinkgoHelper()
	g := &v1alpha1.OrgGroup{}
	Expect(w.client.Get(ctx, client.ObjectKey{Namespace: "acme", Name: name}, g)).To(Succeed())
	return g
}

func (w *world) list(ctx context.Context, parameters string) scim.ListResponse {
	GinkgoHelper()
	values, err := url.ParseQuery(parameters)
	Expect(err).NotTo(HaveOccurred())
	q, err := scim.Groups().ParseQuery(values)
	Expect(err).NotTo(HaveOccurred())
	l, err := w.List(ctx, q)
	Expect(err).NotTo(HaveOccurred())
	return l
}

func refused(err error, status int, words string) {
	GinkgoHelper()
	Expect(err).To(HaveOccurred())
	var e *scim.Error
	Expect(err).To(BeAssignableToTypeOf(e), err.Error())
	e, _ = err.(*scim.Error) //nolint:errorlint // not wrapped
	Expect(e.Status).To(Equal(status), e.Detail)
	Expect(e.Detail).To(ContainSubstring(words))
}

// members returns the identifiers of a group's members.
func members(r scim.Resource) []string {
	GinkgoHelper()
	ids, err := directory.MemberIDs(r)
	Expect(err).NotTo(HaveOccurred())
	return ids
}

const helpdesk = `{"externalId": "8aA1", "displayName": "Helpdesk (EU)"}`

var _ = Describe("Groups of a directory", func() {
	It("DIR-5 are created empty, as OrgGroups of the directory, and read at once", func(ctx context.Context) {
		w := newWorld()
		r := w.post(ctx, helpdesk)
		Expect(r).To(And(HaveKeyWithValue("id", "helpdesk-eu"), HaveKeyWithValue("externalId", "8aA1"),
			HaveKeyWithValue("displayName", "Helpdesk (EU)"), Not(HaveKey("members"))))
		Expect(r["meta"]).To(And(HaveKeyWithValue("resourceType", "Group"), HaveKeyWithValue("location", base+"/Groups/helpdesk-eu"),
			HaveKeyWithValue("created", "2026-11-30T10:00:00Z"), HaveKeyWithValue("version", MatchRegexp(`^W/"[0-9a-f]{24}"$`))))
		Expect(w.Get(ctx, "helpdesk-eu")).To(Equal(r))
		g := w.group(ctx, "helpdesk-eu")
		Expect(directory.KeepsGroup(g)).To(BeTrue())
		Expect(g.Finalizers).To(ConsistOf(v1alpha1.Finalizer))
		Expect(g.Spec).To(Equal(v1alpha1.OrgGroupSpec{DisplayName: "Helpdesk (EU)"}))
	})

	It("DIR-5 list the addresses of their members, whose identifiers they return", func(ctx context.Context) {
		w := newWorld()
		r := w.post(ctx, fmt.Sprintf(`{"displayName": "Helpdesk", "members": [{"value": %q, "display": "x", "type": "User"}]}`, id("ana")))
		Expect(r["members"]).To(ConsistOf(map[string]any{
			"value": id("ana"), "$ref": base + "/Users/" + id("ana"), "display": "ana@acme.example", "type": "User",
		}))
		Expect(w.group(ctx, "helpdesk").Spec.Members).To(ConsistOf(v1alpha1.MemberAddress("ana@acme.example")))
	})

	DescribeTable("DIR-5 change their members as directories mean", func(ctx context.Context, operations string, want ...string) {
		w := newWorld()
		w.post(ctx, fmt.Sprintf(`{"displayName": "Helpdesk", "members": [{"value": %q}, {"value": %q}]}`, id("ana"), id("bea")))
		operations = strings.NewReplacer("$ana", id("ana"), "$bea", id("bea"), "$eva", id("eva")).Replace(operations)
		r, err := w.patch(ctx, "helpdesk", "", operations)
		Expect(err).NotTo(HaveOccurred())
		var ids []string
		var addresses []v1alpha1.MemberAddress
		for _, name := range want {
			ids, addresses = append(ids, id(name)), append(addresses, v1alpha1.MemberAddress(name+"@acme.example"))
		}
		if len(want) == 0 {
			Expect(r).NotTo(HaveKey("members"))
		} else {
			Expect(members(r)).To(Equal(ids))
		}
		Expect(w.group(ctx, "helpdesk").Spec.Members).To(HaveExactElements(addresses))
	},
		Entry("Entra ID adds", `[{"op":"Add","path":"members","value":[{"$ref":null,"value":"$eva"}]}]`, "ana", "bea", "eva"),
		Entry("Entra ID adds again", `[{"op":"Add","path":"members","value":[{"value":"$ana"}]}]`, "ana", "bea"),
		Entry("Entra ID removes by a value", `[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"$ana"}]}]`, "bea"),
		Entry("Entra ID removes with its flag", `[{"op":"remove","path":"members[value eq \"$ana\"]"}]`, "bea"),
		Entry("somebody unknown is removed", `[{"op":"Remove","path":"members","value":[{"value":"nobody"}]}]`, "ana", "bea"),
		Entry("Okta removes one and adds another", `[{"op":"remove","path":"members[value eq \"$ana\"]"},
			{"op":"add","path":"members","value":[{"value":"$eva","display":"Eva"}]}]`, "bea", "eva"),
		Entry("Okta replaces all", `[{"op":"replace","path":"members","value":[{"value":"$eva"}]}]`, "eva"),
		Entry("Okta replaces all by nobody", `[{"op":"replace","path":"members","value":[]}]`),
		Entry("all are removed", `[{"op":"remove","path":"members"}]`),
	)

	It("DIR-5 are replaced, with their members, by PUT", func(ctx context.Context) {
		w := newWorld()
		w.post(ctx, fmt.Sprintf(`{"externalId": "8aA1", "displayName": "Helpdesk", "members": [{"value": %q}]}`, id("ana")))
		r, err := w.put(ctx, "helpdesk", fmt.Sprintf(`{"id": "x", "displayName": "Support", "members": [{"value": %q}, {"value": %q}]}`, id("bea"), id("eva")))
		Expect(err).NotTo(HaveOccurred())
		Expect(r).To(And(HaveKeyWithValue("id", "helpdesk"), HaveKeyWithValue("externalId", "8aA1"), HaveKeyWithValue("displayName", "Support")))
		Expect(members(r)).To(Equal([]string{id("bea"), id("eva")}))
		r, err = w.put(ctx, "helpdesk", `{"displayName": "Support", "members": null}`)
		Expect(err).NotTo(HaveOccurred())
		Expect(r).NotTo(HaveKey("members"))
	})

	It("DIR-6 keep their identifier, and the name that workspaces list, when they are renamed", func(ctx context.Context) {
		w := newWorld()
		w.post(ctx, helpdesk)
		r, err := w.patch(ctx, "helpdesk-eu", "", `[{"op":"replace","value":{"id":"helpdesk-eu","displayName":"Support"}}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(r).To(And(HaveKeyWithValue("id", "helpdesk-eu"), HaveKeyWithValue("displayName", "Support")))
		Expect(w.group(ctx, "helpdesk-eu").Spec.DisplayName).To(BeEquivalentTo("Support"))
		Expect(w.list(ctx, `filter=displayName eq "support"`).TotalResults).To(Equal(1))
		Expect(w.list(ctx, `filter=displayName eq "Helpdesk (EU)"`).TotalResults).To(BeZero())
		By("and a new group with the former name gets another one")
		Expect(w.post(ctx, `{"displayName": "Helpdesk (EU)"}`)["id"]).To(MatchRegexp(`^helpdesk-eu-[0-9a-f]{8}$`))
	})

	DescribeTable("DIR-5 are found", func(ctx context.Context, filter string, want ...string) {
		w := newWorld()
		w.post(ctx, fmt.Sprintf(`{"externalId": "8aA1", "displayName": "Helpdesk", "members": [{"value": %q}]}`, id("ana")))
		w.post(ctx, `{"externalId": "9bB2", "displayName": "Sales"}`)
		var found []string
		for _, parameters := range []string{"", "&excludedAttributes=members"} {
			found = nil
			for _, r := range w.list(ctx, "filter="+url.QueryEscape(strings.ReplaceAll(filter, "$ana", id("ana")))+parameters).Resources {
				found = append(found, r["id"].(string)) //nolint:forcetypeassert // always there
				Expect(r["members"] != nil).To(Equal(r["id"] == "helpdesk" && parameters == ""))
			}
			Expect(found).To(ConsistOf(want))
		}
	},
		Entry("by their displayName, in any case", `displayName eq "HELPDESK"`, "helpdesk"),
		Entry("by their externalId", `externalId eq "8aA1"`, "helpdesk"),
		Entry("by their externalId in another case", `externalId eq "8aa1"`),
		Entry("by their id", `id eq "sales"`, "sales"),
		Entry("by an id that there is not", `id eq "Sales Dept"`),
		Entry("by a member", `members.value eq "$ana"`, "helpdesk"),
		Entry("by a member, as Entra ID looks", `id eq "helpdesk" and members[value eq "$ana"]`, "helpdesk"),
		Entry("by a member whom they do not have", `id eq "sales" and members eq "$ana"`),
		Entry("by not having members", `not (members pr)`, "sales"),
		Entry("by a random GUID", `displayName eq "8f6a3f6e-0b0e-4a63-9dd9-3b0a3f0f0c5d"`),
	)

	It("DIR-5 come in pages, in the order of their creation, then of their UIDs", func(ctx context.Context) {
		w := newWorld()
		for n := range 10 {
			w.post(ctx, fmt.Sprintf(`{"displayName": "Group %d"}`, n))
		}
		whole := w.list(ctx, "count=100")
		Expect(whole.TotalResults).To(Equal(10))
		var paged []scim.Resource
		for start := 1; start <= 10; start += 3 {
			paged = append(paged, w.list(ctx, fmt.Sprintf("startIndex=%d&count=3", start)).Resources...)
		}
		Expect(paged).To(Equal(whole.Resources))
		Expect(w.list(ctx, "count=0")).To(And(HaveField("TotalResults", 10), HaveField("Resources", BeEmpty())))
	})

	DescribeTable("DIR-5 are not created twice", func(ctx context.Context, body, words string) {
		w := newWorld()
		w.post(ctx, `{"externalId": "8aA1", "displayName": "Helpdesk"}`)
		_, _, err := w.Create(ctx, decoded(body))
		refused(err, http.StatusConflict, words)
	},
		Entry("with the same displayName in another case", `{"displayName": "HELPDESK"}`, "with this displayName already, with the id helpdesk"),
		Entry("with the same externalId", `{"externalId": "8aA1", "displayName": "Other"}`, "with this externalId already, with the id helpdesk"),
	)

	It("DIR-5 do not take a displayName or an externalId from each other", func(ctx context.Context) {
		w := newWorld()
		w.post(ctx, `{"externalId": "1", "displayName": "Helpdesk"}`)
		w.post(ctx, `{"externalId": "2", "displayName": "Sales"}`)
		_, err := w.patch(ctx, "sales", "", `[{"op":"replace","path":"displayName","value":"helpDesk"}]`)
		refused(err, http.StatusConflict, "with the id helpdesk")
		_, err = w.patch(ctx, "sales", "", `[{"op":"replace","path":"externalId","value":"1"}]`)
		refused(err, http.StatusConflict, "with the id helpdesk")
	})

	It("DIR-5 have different names although their displayNames differ in signs only", func(ctx context.Context) {
		w := newWorld()
		Expect(w.post(ctx, `{"displayName": "R & D"}`)["id"]).To(Equal("r-d"))
		Expect(w.post(ctx, `{"displayName": "R+D"}`)["id"]).To(MatchRegexp(`^r-d-[0-9a-f]{8}$`))
		Expect(w.post(ctx, `{"displayName": "研究"}`)["id"]).To(MatchRegexp(`^group-[0-9a-f]{8}$`))
		long := w.post(ctx, `{"displayName": "`+strings.Repeat("Wide ", 25)+`"}`)["id"]
		Expect(len(long.(string))).To(BeNumerically("<=", 63)) //nolint:forcetypeassert // always there
	})

	It("DIR-3 are refused with the name of the OrgGroup that somebody has declared", func(ctx context.Context) {
		w := newWorld(builders.OrgGroup("acme", "helpdesk").Members("sam@acme.example").Obj())
		_, _, err := w.Create(ctx, decoded(`{"displayName": "Helpdesk"}`))
		refused(err, http.StatusConflict, `there is an OrgGroup "helpdesk", which the directory did not create: delete or rename that OrgGroup`)
		_, err = w.Get(ctx, "helpdesk")
		refused(err, http.StatusNotFound, "no group with the id helpdesk")
		_, err = w.patch(ctx, "helpdesk", "", `[{"op":"remove","path":"members"}]`)
		refused(err, http.StatusNotFound, "helpdesk")
		refused(w.Delete(ctx, "helpdesk", ""), http.StatusNotFound, "helpdesk")
		Expect(w.list(ctx, "").TotalResults).To(BeZero())
		Expect(w.list(ctx, `filter=id eq "helpdesk"`).TotalResults).To(BeZero())
		Expect(w.group(ctx, "helpdesk").Spec.Members).To(HaveLen(1))
	})

	It("DIR-3 are refused as a conflict when the webhook finds a declared OrgGroup with the name for people", func(ctx context.Context) {
		w := newWorld()
		w.refuse = &apierrors.StatusError{ErrStatus: metav1.Status{
			Reason: metav1.StatusReasonInvalid, Code: 422, Message: "refused",
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{
				Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.displayName",
				Message: `Invalid value: "Helpdesk": is the name of OrgGroup "support" already: names for people are unique`,
			}}},
		}}
		_, _, err := w.Create(ctx, decoded(`{"displayName": "Helpdesk"}`))
		refused(err, http.StatusConflict, `is the name of OrgGroup "support" already`)
	})

	It("DIR-5 have members whom the directory has, and no others", func(ctx context.Context) {
		w := newWorld(builders.OrgUser("acme", "boss").Email("boss@acme.example").Obj())
		w.post(ctx, `{"displayName": "Helpdesk"}`)
		for _, unknown := range []string{"nobody", "boss", "Not A Name", "helpdesk"} {
			_, err := w.patch(ctx, "helpdesk", "", fmt.Sprintf(`[{"op":"add","path":"members","value":[{"value":%q},{"value":%q}]}]`, id("ana"), unknown))
			refused(err, http.StatusBadRequest, "the directory has no person with the id "+unknown+" (unknown members: 1)")
		}
		Expect(w.group(ctx, "helpdesk").Spec.Members).To(BeEmpty(), "all or nothing")
	})

	DescribeTable("DIR-5 have no groups among their members", func(ctx context.Context, member string) {
		w := newWorld()
		w.post(ctx, `{"displayName": "Helpdesk"}`)
		_, err := w.patch(ctx, "helpdesk", "", `[{"op":"add","path":"members","value":[`+member+`]}]`)
		refused(err, http.StatusBadRequest, "groups in groups are not supported")
	},
		Entry("by their type", `{"value":"sales","type":"Group"}`),
		Entry("by their URL", `{"value":"sales","$ref":"https://usher.example/scim/v2/acme/Groups/sales"}`),
	)

	DescribeTable("DIR-5 need a name", func(ctx context.Context, name string) {
		_, _, err := newWorld().Create(ctx, decoded(fmt.Sprintf(`{"displayName": %q}`, name)))
		refused(err, http.StatusBadRequest, "use one line of at most 128 visible characters")
	},
		Entry("that is short enough", strings.Repeat("x", 129)),
		Entry("that can be seen", "\u202e"),
	)

	It("DIR-5 are deleted, and gone at once", func(ctx context.Context) {
		w := newWorld()
		w.post(ctx, `{"displayName": "Helpdesk"}`)
		Expect(w.Delete(ctx, "helpdesk", "")).To(Succeed())
		Expect(w.group(ctx, "helpdesk").DeletionTimestamp).NotTo(BeNil(), "the finalizer keeps the object")
		_, err := w.Get(ctx, "helpdesk")
		refused(err, http.StatusNotFound, "helpdesk")
		Expect(w.list(ctx, "").TotalResults).To(BeZero())
		refused(w.Delete(ctx, "helpdesk", ""), http.StatusNotFound, "helpdesk")
		_, _, err = w.Create(ctx, decoded(`{"displayName": "Helpdesk"}`))
		refused(err, http.StatusServiceUnavailable, `the OrgGroup "helpdesk" is being deleted: try again`)
	})

	It("DIR-5 are not changed unless they are as the client has seen them, with or without members", func(ctx context.Context) {
		w := newWorld()
		r := w.post(ctx, `{"displayName": "Helpdesk"}`)
		add := fmt.Sprintf(`[{"op":"add","path":"members","value":[{"value":%q}]}]`, id("ana"))
		after, err := w.patch(ctx, "helpdesk", r.Version(), add)
		Expect(err).NotTo(HaveOccurred())
		Expect(after.Version()).NotTo(Equal(r.Version()))
		_, err = w.patch(ctx, "helpdesk", r.Version(), add)
		refused(err, http.StatusPreconditionFailed, "read it again")
		refused(w.Delete(ctx, "helpdesk", r.Version()), http.StatusPreconditionFailed, "read it again")
		bare := w.list(ctx, "excludedAttributes=members").Resources[0]
		Expect(bare).NotTo(HaveKey("members"))
		Expect(bare.Version()).To(Equal(after.Version()))
		Expect(w.Delete(ctx, "helpdesk", after.Version())).To(Succeed())
	})

	It("DIR-5 are not written when nothing changes, whatever the order of their members", func(ctx context.Context) {
		w := newWorld()
		w.post(ctx, fmt.Sprintf(`{"displayName": "Helpdesk", "members": [{"value": %q}, {"value": %q}]}`, id("ana"), id("bea")))
		_, err := w.patch(ctx, "helpdesk", "", fmt.Sprintf(`[{"op":"Add","path":"members","value":[{"value":%q}]},
			{"op":"Replace","path":"displayName","value":"Helpdesk"}]`, id("bea")))
		Expect(err).NotTo(HaveOccurred())
		_, err = w.put(ctx, "helpdesk", fmt.Sprintf(`{"displayName": "Helpdesk", "members": [{"value": %q}, {"value": %q}]}`, id("bea"), id("ana")))
		Expect(err).NotTo(HaveOccurred())
		Expect(w.writes).To(BeZero())
	})

	It("DIR-5 are changed by two replicas at once without losing either's change", func(ctx context.Context) {
		w := newWorld()
		w.post(ctx, `{"displayName": "Helpdesk"}`)
		add := func(name string) error {
			_, err := w.patch(ctx, "helpdesk", "", fmt.Sprintf(`[{"op":"add","path":"members","value":[{"value":%q}]}]`, id(name)))
			return err
		}
		w.between = func() { Expect(add("bea")).To(Succeed()) }
		Expect(add("ana")).To(Succeed())
		Expect(members(w.list(ctx, "").Resources[0])).To(ConsistOf(id("ana"), id("bea")))
	})

	It("DIR-5 can have 10,000 members, and no more", func(ctx context.Context) {
		var people []client.Object
		var all []string
		for n := range directory.MaxMembers {
			u := person(fmt.Sprintf("firstname.lastname-%05d@company.example", n))
			people, all = append(people, u), append(all, `{"value":"`+u.Name+`"}`)
		}
		w := newWorld(people...)
		r := w.post(ctx, `{"displayName": "All", "members": [`+strings.Join(all, ",")+`]}`)
		Expect(r["members"]).To(HaveLen(directory.MaxMembers))
		Expect(len(w.group(ctx, "all").Annotations[v1alpha1.AnnotationDirectory])).To(BeNumerically("<", 1000),
			"whose names follow from the addresses")
		_, err := w.patch(ctx, "all", "", fmt.Sprintf(`[{"op":"add","path":"members","value":[{"value":%q}]}]`, id("ana")))
		refused(err, http.StatusBadRequest, "the group has 10001 members: it can have at most 10000")
		r, err = w.patch(ctx, "all", "", `[{"op":"remove","path":"members[value eq \"`+person("firstname.lastname-00007@company.example").Name+`\"]"}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(r["members"]).To(HaveLen(directory.MaxMembers - 1))
	})

	It("DIR-2 are not created in an organization that there is not", func(ctx context.Context) {
		w := newWorld()
		Expect(w.client.Delete(ctx, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "acme"}})).To(Succeed())
		_, _, err := w.Create(ctx, decoded(helpdesk))
		refused(err, http.StatusNotFound, "no such organization")
	})
})
