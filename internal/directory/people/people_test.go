// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/people"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestPeople(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "People")
}

const location = "https://usher.example/scim/v2/acme/Users"

// world is an organization, with the client through which its directory acts.
type world struct {
	*people.People
	client client.WithWatch
	made   int
	writes int
	// between is called once, after a change has read and before it writes.
	between func()
}

func newWorld(objects ...client.Object) *world {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	w := &world{}
	var mu sync.Mutex
	created := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	inner := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.OrgUser{}, &v1alpha1.Organization{}).
		WithObjects(objects...).
		WithIndex(&v1alpha1.OrgUser{}, "spec.email", field(func(u *v1alpha1.OrgUser) string { return string(u.Spec.Email) })).
		WithIndex(&v1alpha1.OrgUser{}, "status.email", field(func(u *v1alpha1.OrgUser) string { return u.Status.Email })).
		Build()
	w.client = interceptor.NewClient(inner, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			mu.Lock()
			w.made++
			o.SetUID(types.UID(fmt.Sprintf("uid-%03d", 1000-w.made)))
			o.SetCreationTimestamp(metav1.NewTime(created.Add(time.Duration(w.made/3) * time.Second)))
			mu.Unlock()
			return c.Create(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			mu.Lock()
			w.writes++
			between := w.between
			w.between = nil
			mu.Unlock()
			if between != nil {
				between()
			}
			return c.Patch(ctx, o, p, opts...)
		},
	})
	w.People = &people.People{
		Client: w.client, Organization: "acme", Location: location, Onboarding: v1alpha1.OnboardingNone,
		Now: func() time.Time { return created.Add(time.Hour) },
	}
	return w
}

func field(of func(*v1alpha1.OrgUser) string) client.IndexerFunc {
	return func(o client.Object) []string {
		u, _ := o.(*v1alpha1.OrgUser)
		return []string{of(u)}
	}
}

func acme(administrators ...string) *v1alpha1.Organization {
	o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "acme"}}
	o.Status.Administrators = administrators
	return o
}

func decoded(body string) scim.Resource {
	GinkgoHelper()
	r, err := scim.Users().Decode([]byte(body))
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
	return w.Change(ctx, id, match, func(sent scim.Resource) (scim.Resource, error) { return scim.Users().Patch(sent, p) })
}

func (w *world) user(ctx context.Context, name string) *v1alpha1.OrgUser {
	GinkgoHelper()
	u := &v1alpha1.OrgUser{}
	Expect(w.client.Get(ctx, client.ObjectKey{Namespace: "acme", Name: name}, u)).To(Succeed())
	return u
}

func (w *world) list(ctx context.Context, parameters string) scim.ListResponse {
	GinkgoHelper()
	values, err := url.ParseQuery(parameters)
	Expect(err).NotTo(HaveOccurred())
	q, err := scim.Users().ParseQuery(values)
	Expect(err).NotTo(HaveOccurred())
	l, err := w.List(ctx, q)
	Expect(err).NotTo(HaveOccurred())
	return l
}

func refused(err error, status int, words string) {
	GinkgoHelper()
	e, ok := err.(*scim.Error) //nolint:errorlint // not wrapped
	Expect(ok).To(BeTrue(), "%T %v", err, err)
	Expect(e.Status).To(Equal(status), e.Detail)
	Expect(e.Detail).To(ContainSubstring(words))
}

const ana = `{"externalId": "a1", "userName": "ana@acme.example", "active": true}`

var _ = Describe("A directory's people", func() {
	It("LMI-10 are read at once after they were created", func(ctx context.Context) {
		w := newWorld(acme())
		r := w.post(ctx, ana)
		id, _ := r["id"].(string)
		Expect(w.Get(ctx, id)).To(Equal(r))
		Expect(w.list(ctx, `filter=userName eq "ANA@acme.example"`).Resources).To(ConsistOf(r))
		Expect(w.list(ctx, `filter=externalId eq "a1"`).Resources).To(ConsistOf(r))
		Expect(w.list(ctx, `filter=externalId eq "A1"`).TotalResults).To(BeZero())
	})

	DescribeTable("DIR-1 are refused twice", func(ctx context.Context, second, words string) {
		w := newWorld(acme())
		w.post(ctx, ana)
		_, _, err := w.Create(ctx, decoded(second))
		refused(err, http.StatusConflict, words)
	},
		Entry("the same", ana, "with this externalId already, with the id ana-"),
		Entry("with the same userName in another case", `{"externalId":"b2","userName":"ANA@acme.example"}`, "with this userName already, with the id ana-"),
		Entry("with the same address", `{"externalId":"b2","userName":"x","emails":[{"value":"Ana@ACME.example"}]}`,
			"a person with the address ana@acme.example already, with the id ana-"),
	)

	It("DIR-3 are refused with the name of the OrgUser that somebody has declared", func(ctx context.Context) {
		declared := builders.OrgUser("acme", "boss").Email("Ana@acme.example").With(func(u *v1alpha1.OrgUser) {
			u.UID, u.Status.Email = "declared", "ana@acme.example"
		}).Obj()
		w := newWorld(acme(), declared)
		_, _, err := w.Create(ctx, decoded(ana))
		refused(err, http.StatusConflict, `the OrgUser "boss", which the directory did not create: delete that OrgUser, or leave the person out`)
		_, err = w.Get(ctx, "boss")
		refused(err, http.StatusNotFound, "the directory has no person with the id boss")
		_, err = w.patch(ctx, "boss", "", `[{"op":"replace","path":"active","value":false}]`)
		refused(err, http.StatusNotFound, "boss")
		refused(w.Delete(ctx, "boss", ""), http.StatusNotFound, "boss")
		Expect(w.list(ctx, "").TotalResults).To(BeZero())
	})

	It("DIR-3 are not renamed to the address of an OrgUser that somebody has declared", func(ctx context.Context) {
		w := newWorld(acme(), builders.OrgUser("acme", "boss").Email("boss@acme.example").Obj())
		id, _ := w.post(ctx, ana)["id"].(string)
		_, err := w.patch(ctx, id, "", `[{"op":"replace","path":"userName","value":"boss@acme.example"}]`)
		refused(err, http.StatusConflict, `the OrgUser "boss"`)
	})

	It("DIR-4 return by their externalId after they were deactivated", func(ctx context.Context) {
		w := newWorld(acme())
		id, _ := w.post(ctx, ana)["id"].(string)
		_, err := w.patch(ctx, id, "", `[{"op":"Replace","path":"active","value":"False"}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.user(ctx, id).Spec.Suspend).To(BeTrue())
		r, created, err := w.Create(ctx, decoded(`{"externalId": "a1", "userName": "ana.gil@acme.example", "active": true}`))
		Expect(err).NotTo(HaveOccurred())
		Expect(created).To(BeFalse())
		Expect(r).To(And(HaveKeyWithValue("id", id), HaveKeyWithValue("active", true), HaveKeyWithValue("userName", "ana.gil@acme.example")))
		Expect(w.user(ctx, id).Spec.Email).To(Equal(v1alpha1.EmailAddress("ana.gil@acme.example")))
	})

	It("DIR-4 are deleted, and gone at once", func(ctx context.Context) {
		w := newWorld(acme())
		id, _ := w.post(ctx, ana)["id"].(string)
		Expect(w.Delete(ctx, id, "")).To(Succeed())
		Expect(w.user(ctx, id).DeletionTimestamp).NotTo(BeNil(), "the finalizer keeps the object")
		_, err := w.Get(ctx, id)
		refused(err, http.StatusNotFound, id)
		Expect(w.list(ctx, "").TotalResults).To(BeZero())
		refused(w.Delete(ctx, id, ""), http.StatusNotFound, id)
		_, _, err = w.Create(ctx, decoded(ana))
		refused(err, http.StatusServiceUnavailable, "is being deleted: try again")
	})

	It("DIR-4 keep the last administrator", func(ctx context.Context) {
		w := newWorld(acme())
		id, _ := w.post(ctx, ana)["id"].(string)
		o := acme()
		Expect(w.client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		o.Status.Administrators = []string{id}
		Expect(w.client.Status().Update(ctx, o)).To(Succeed())
		_, err := w.patch(ctx, id, "", `[{"op":"Replace","path":"active","value":"False"}]`)
		refused(err, http.StatusConflict, "cannot suspend ana@acme.example")
		refused(w.Delete(ctx, id, ""), http.StatusConflict, `is the last OrganizationAdmin of organization "acme"; make somebody else`)
		o.Status.Administrators = append(o.Status.Administrators, "bea")
		Expect(w.client.Status().Update(ctx, o)).To(Succeed())
		Expect(w.Delete(ctx, id, "")).To(Succeed())
	})

	It("DIR-4 are deactivated and deleted up to a limit, by many requests at once, and not beyond it", func(ctx context.Context) {
		const people, limit = 12, 5
		w := newWorld(acme())
		ids := make([]string, people)
		for n := range ids {
			ids[n], _ = w.post(ctx, fmt.Sprintf(`{"externalId":"e%d","userName":"p%d@acme.example"}`, n, n))["id"].(string)
		}
		results := make(chan error, people)
		for n, id := range ids {
			go func() {
				if n%2 == 0 {
					results <- w.Delete(ctx, id, "")
					return
				}
				_, err := w.patch(ctx, id, "", `[{"op":"Replace","path":"active","value":"False"}]`)
				results <- err
			}()
		}
		accepted := 0
		for range people {
			if err := <-results; err == nil {
				accepted++
			} else {
				refused(err, http.StatusConflict, "wanted to suspend or delete more than 5 people within 24 hours")
			}
		}
		Expect(accepted).To(Equal(limit))
		gone := 0
		for _, id := range ids {
			if u := w.user(ctx, id); u.Spec.Suspend || !u.DeletionTimestamp.IsZero() {
				gone++
			}
		}
		Expect(gone).To(Equal(limit), "nobody else was touched")
		o := acme()
		Expect(w.client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		Expect(o.Status.Directory.Removals).To(HaveLen(limit))
		Expect(o.Status.Directory.StoppedTime).NotTo(BeNil())
	})

	It("DIR-1 are not changed unless they are as the client has seen them", func(ctx context.Context) {
		w := newWorld(acme())
		r := w.post(ctx, ana)
		id, _ := r["id"].(string)
		tag := scim.ETag(r)
		after, err := w.patch(ctx, id, tag, `[{"op":"add","path":"title","value":"CFO"}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(after).To(HaveKeyWithValue("title", "CFO"))
		_, err = w.patch(ctx, id, tag, `[{"op":"add","path":"title","value":"CEO"}]`)
		refused(err, http.StatusPreconditionFailed, "read it again")
		refused(w.Delete(ctx, id, tag), http.StatusPreconditionFailed, "read it again")
	})

	It("DIR-4 are not written when nothing changes", func(ctx context.Context) {
		w := newWorld(acme())
		id, _ := w.post(ctx, ana)["id"].(string)
		_, err := w.patch(ctx, id, "", `[{"op":"Replace","path":"active","value":"True"},{"op":"Add","path":"externalId","value":"a1"}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.writes).To(BeZero())
	})

	It("DIR-6 keep no identifier of another person", func(ctx context.Context) {
		w := newWorld(acme())
		w.post(ctx, ana)
		id, _ := w.post(ctx, `{"externalId":"b2","userName":"bea@acme.example"}`)["id"].(string)
		_, err := w.patch(ctx, id, "", `[{"op":"replace","path":"externalId","value":"a1"}]`)
		refused(err, http.StatusConflict, "another person with this externalId")
		_, err = w.patch(ctx, id, "", `[{"op":"replace","path":"userName","value":"Ana@acme.example"}]`)
		refused(err, http.StatusConflict, "with this userName already")
	})

	It("DIR-1 come in pages, in the order of their creation, then of their UIDs", func(ctx context.Context) {
		w := newWorld(acme())
		for n := range 10 {
			w.post(ctx, fmt.Sprintf(`{"externalId":"e%d","userName":"p%d@acme.example"}`, n, n))
		}
		whole := w.list(ctx, "count=100")
		Expect(whole.TotalResults).To(Equal(10))
		Expect(whole.Resources[0]).To(HaveKeyWithValue("userName", "p1@acme.example"), "the later of the first second has the smaller UID")
		var paged []scim.Resource
		for start := 1; start <= 10; start += 3 {
			paged = append(paged, w.list(ctx, fmt.Sprintf("startIndex=%d&count=3", start)).Resources...)
		}
		Expect(paged).To(Equal(whole.Resources))
	})

	It("DIR-4 are created once by two replicas at once", func(ctx context.Context) {
		w := newWorld(acme())
		const tries = 8
		results := make(chan error, tries)
		for range tries {
			go func() {
				_, _, err := w.Create(ctx, decoded(ana))
				results <- err
			}()
		}
		accepted := 0
		for range tries {
			if err := <-results; err == nil {
				accepted++
			} else {
				refused(err, http.StatusConflict, "already")
			}
		}
		Expect(accepted).To(Equal(1))
		Expect(w.list(ctx, "").TotalResults).To(Equal(1))
	})

	It("DIR-1 are changed by two replicas at once without losing either's change", func(ctx context.Context) {
		w := newWorld(acme())
		id, _ := w.post(ctx, ana)["id"].(string)
		w.between = func() {
			_, err := w.patch(ctx, id, "", `[{"op":"add","path":"nickName","value":"x"}]`)
			Expect(err).NotTo(HaveOccurred())
		}
		_, err := w.patch(ctx, id, "", `[{"op":"add","path":"title","value":"x"}]`)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Get(ctx, id)).To(And(HaveKeyWithValue("title", "x"), HaveKeyWithValue("nickName", "x")))
	})

	It("DIR-2 are not created in an organization that there is not", func(ctx context.Context) {
		_, _, err := newWorld().Create(ctx, decoded(ana))
		refused(err, http.StatusNotFound, "no such organization")
	})
})
