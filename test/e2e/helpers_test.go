// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// create creates objects as the cluster administrator.
func create(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
}

// namespaceCalled creates a namespace with a fixed name, unless another spec has created it.
func namespaceCalled(ctx context.Context, name string) {
	GinkgoHelper()
	err := env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if !apierrors.IsAlreadyExists(err) {
		Expect(err).NotTo(HaveOccurred())
	}
}

// organization creates a namespace with an organization whose administrator "ana" is in force, and returns its name.
func organization(ctx context.Context, change ...func(*v1alpha1.Organization)) string {
	GinkgoHelper()
	name := env.Namespace(ctx, "org")
	o := builders.Organization(name).DisplayName("Acme").Obj()
	for _, c := range change {
		c(o)
	}
	create(ctx, o, builders.OrgUser(name, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
	awaitReady(ctx, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "ana"}})
	return name
}

// awaitReady waits until an object is Ready, and checks that it keeps the kstatus contract. It also waits until a user can do
// what the role allows, because the API server learns of a RoleBinding shortly after it is written.
func awaitReady[T status.Object](ctx context.Context, o T) T {
	GinkgoHelper()
	Eventually(get(ctx, o)).Should(BeReady())
	Expect(o).To(KeepKstatus())
	u, is := any(o).(*v1alpha1.OrgUser)
	if is && u.Status.State == v1alpha1.UserActive && slices.Contains(seeingRoles, u.Status.Role) {
		Eventually(can(ctx, u.Status.Username, "get", "organizations", u.Namespace)).Should(BeTrue())
	}
	return o
}

// seeingRoles can read their organization.
var seeingRoles = []v1alpha1.Role{
	v1alpha1.RoleOrganizationAdmin, v1alpha1.RoleBillingAdmin, v1alpha1.RoleFinanceAdmin, v1alpha1.RoleUserAdmin,
	v1alpha1.RoleTechnician,
}

// get returns a function that reads an object again.
func get[T client.Object](ctx context.Context, o T) func(Gomega) T {
	return func(g Gomega) T {
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		return o
	}
}

// edit changes an object as the cluster administrator, and retries on conflicts.
func edit[T client.Object](ctx context.Context, o T, change func(T)) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		change(get(ctx, o)(g))
		g.Expect(env.Client.Update(ctx, o)).To(Succeed())
	}).Should(Succeed())
}

// userOf waits for the OrgUser with an address and returns it.
func userOf(ctx context.Context, namespace, email string) *v1alpha1.OrgUser {
	GinkgoHelper()
	var found *v1alpha1.OrgUser
	Eventually(func(g Gomega) {
		var list v1alpha1.OrgUserList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{"spec.email": email})).To(Succeed())
		g.Expect(list.Items).To(HaveLen(1))
		found = &list.Items[0]
	}).Should(Succeed())
	return found
}

// recipientOf returns the recipient of an Invitation with an address.
func recipientOf(i *v1alpha1.Invitation, email string) v1alpha1.RecipientStatus {
	for _, r := range i.Status.Recipients {
		if emailaddr.Same(string(r.Email), email) {
			return r
		}
	}
	return v1alpha1.RecipientStatus{}
}

// mailTo waits for a mail to an address with a link below a path, and returns the mail and the link.
func mailTo(ctx context.Context, email, path string) (mailbox.Message, string) {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(ctx, eventually)
	defer cancel()
	message, err := box.Wait(ctx, func(m mailbox.Message) bool { return m.SentTo(email) && linkIn(m, path) != "" })
	Expect(err).NotTo(HaveOccurred())
	return message, linkIn(message, path)
}

func linkIn(m mailbox.Message, path string) string {
	for _, link := range m.Links() {
		if strings.HasPrefix(link, usher.PortalURL+path) {
			return link
		}
	}
	return ""
}

// mailsTo returns all mails to an address.
func mailsTo(email string) []mailbox.Message {
	GinkgoHelper()
	all, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	var mine []mailbox.Message
	for _, m := range all {
		if m.SentTo(email) {
			mine = append(mine, m)
		}
	}
	return mine
}

// visit requests a page, and post sends a form; neither follows redirects. Both return the status of the answer.
func visit(ctx context.Context, link string) int {
	GinkgoHelper()
	status, _ := fetch(ctx, &noRedirects, http.MethodGet, link, nil)
	return status
}

func post(ctx context.Context, link string, form url.Values) int {
	GinkgoHelper()
	status, _ := fetch(ctx, &noRedirects, http.MethodPost, link, form)
	return status
}

// noRedirects is a client that does not follow redirects.
var noRedirects = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// fetch sends a request and returns the status and the body of the answer.
func fetch(ctx context.Context, browser *http.Client, method, link string, form url.Values) (int, string) {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(form.Encode()))
	Expect(err).NotTo(HaveOccurred())
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return response.StatusCode, string(body)
}

// registration returns the values of the form that a person fills in.
func registration(name string) url.Values {
	return url.Values{"action": {"accept"}, "displayName": {name}, "phone": {""}, "language": {"es"}}
}

// accept accepts an invitation on the portal, from the first mail to the end.
func accept(ctx context.Context, email, name string) {
	GinkgoHelper()
	_, link := mailTo(ctx, email, "/i/")
	Expect(post(ctx, link, registration(name))).To(Equal(http.StatusSeeOther))
	_, link = mailTo(ctx, email, "/c/")
	Expect(post(ctx, link, nil)).To(Equal(http.StatusSeeOther))
}

// can returns a function that asks the API server whether a user may do something with a resource in a namespace.
func can(ctx context.Context, username, verb, resource, namespace string) func(Gomega) bool {
	return func(g Gomega) bool {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: username, Groups: []string{"system:authenticated"},
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: verb, Group: groupOf(resource), Resource: resource, Namespace: namespace,
			},
		}}
		g.Expect(env.Client.Create(ctx, review)).To(Succeed())
		return review.Status.Allowed
	}
}

func groupOf(resource string) string {
	switch resource {
	case "organizations", "orgusers", "invitations", "workspaces", "orggroups":
		return v1alpha1.GroupVersion.Group
	default:
		return corev1.GroupName
	}
}
