// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/tokens"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// An identity provider, over HTTP, beside an organization that Git and people manage as well.
var _ = Describe("LMI-10 the directory of an organization", Ordered, func() {
	var (
		org    string
		entra  identityProvider
		second identityProvider
		kept   tokens.Tokens
		luis   *v1alpha1.OrgUser
	)
	user := func(name string) *v1alpha1.OrgUser {
		u := &v1alpha1.OrgUser{}
		u.Namespace, u.Name = org, name
		return u
	}
	stands := func(ctx context.Context, state v1alpha1.UserState) {
		GinkgoHelper()
		Eventually(get(ctx, luis)).Should(HaveField("Status.State", state))
	}
	email := func(name string) string { return name + "@" + org + ".example" }

	BeforeAll(func(ctx context.Context) {
		org = organization(ctx)
		entra, kept = directoryOf(ctx, org)
		second = identityProvider{strings.Replace(entra.url, usher.PortalURL, anotherPortal(ctx), 1), entra.token}
	})

	It("DIR-1 creates a person, whom every replica knows at once and who is active without a mail", func(ctx context.Context) {
		made := entra.post(ctx, "e-1", email("Luis"))
		Expect(made.Status).To(Equal(http.StatusCreated), made.detail())
		Expect(second.send(ctx, http.MethodGet, "/Users/"+made.id(), nil).Body).To(HaveKeyWithValue("userName", email("Luis")))
		Expect(second.find(ctx, `externalId eq "e-1"`)).To(Equal(1))
		Expect(second.find(ctx, `userName eq "`+email("luis")+`"`)).To(Equal(1))
		luis = awaitReady(ctx, user(made.id()))
		Expect(luis.Labels).To(HaveKeyWithValue(v1alpha1.LabelOrigin, v1alpha1.OriginDirectory))
		Expect(luis.Spec.Role).To(Equal(v1alpha1.RoleMember))
		Expect(luis.Status.State).To(Equal(v1alpha1.UserActive))
		Expect(mailsTo(email("luis"))).To(BeEmpty())
		Expect(second.post(ctx, "e-1", email("luis2")).Status).To(Equal(http.StatusConflict))
	})

	It("DIR-4 suspends a person and has them back", func(ctx context.Context) {
		Expect(second.set(ctx, luis.Name, map[string]any{"active": "False"}).Status).To(Equal(http.StatusOK))
		stands(ctx, v1alpha1.UserSuspended)
		Expect(entra.set(ctx, luis.Name, map[string]any{"active": true}).Status).To(Equal(http.StatusOK))
		stands(ctx, v1alpha1.UserActive)
	})

	It("DIR-6 keeps the account, and what it has, of a person whose address changes", func(ctx context.Context) {
		support := builders.Workspace(org, "support").Obj()
		create(ctx, support)
		ana := env.As(email("ana"))
		Expect(ana.Patch(ctx, user(luis.Name), client.RawPatch(types.MergePatchType,
			[]byte(`{"spec":{"workspaces":[{"name":"support","access":"View"}]}}`)))).To(Succeed())
		Eventually(can(ctx, email("luis"), "get", "pods", org+"-support")).Should(BeTrue())
		a := entra.set(ctx, luis.Name, map[string]any{"userName": email("gil"), `emails[type eq "work"].value`: email("gil")})
		Expect(a.Status).To(Equal(http.StatusOK), a.detail())
		Eventually(can(ctx, email("gil"), "get", "pods", org+"-support")).Should(BeTrue())
		Eventually(can(ctx, email("luis"), "get", "pods", org+"-support")).Should(BeFalse())
		Expect(get(ctx, luis)(NewWithT(GinkgoT())).Status.Email).To(Equal(email("gil")))
		Expect(mailsTo(email("gil"))).To(BeEmpty(), "the directory knows whose the address is")
	})

	It("DIR-5 puts a person in a group, which opens what it is listed in", func(ctx context.Context) {
		create(ctx, builders.Workspace(org, "help").Group("helpdesk", v1alpha1.WorkspaceEdit).Obj())
		made := entra.send(ctx, http.MethodPost, "/Groups", map[string]any{"externalId": "g-1", "displayName": "Helpdesk"})
		Expect(made.Status).To(Equal(http.StatusCreated), made.detail())
		members := func(op string) answer {
			return second.send(ctx, http.MethodPatch, "/Groups/"+made.id(), map[string]any{"Operations": []any{
				map[string]any{"op": op, "path": "members", "value": []any{map[string]any{"value": luis.Name}}},
			}})
		}
		a := members("Add")
		Expect(a.Status).To(Equal(http.StatusOK), a.detail())
		Eventually(can(ctx, email("gil"), "create", "pods", org+"-help")).Should(BeTrue())
		Expect(members("Remove").Status).To(Equal(http.StatusOK))
		Eventually(can(ctx, email("gil"), "create", "pods", org+"-help")).Should(BeFalse())
		group := &v1alpha1.OrgGroup{}
		group.Namespace, group.Name = org, made.id()
		Expect(env.As(email("ana")).Patch(ctx, group, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"members":["`+email("ana")+`"]}}`)))).
			To(BeRefused(http.StatusForbidden, `change members of "`+group.Name+`", which it keeps: change it there`))
		Expect(entra.send(ctx, http.MethodDelete, "/Groups/"+made.id(), nil).Status).To(Equal(http.StatusNoContent))
	})

	It("DIR-3 leaves to Git and people what they declared, and they leave to the directory what it keeps", func(ctx context.Context) {
		create(ctx, builders.OrgUser(org, "eva").Existing().Obj())
		taken := entra.post(ctx, "e-2", email("eva"))
		Expect(taken.Status).To(Equal(http.StatusConflict))
		Expect(taken.Body).To(HaveKeyWithValue("scimType", "uniqueness"))
		Expect(taken.detail()).To(ContainSubstring(`the OrgUser "eva", which the directory did not create`))
		Expect(entra.send(ctx, http.MethodDelete, "/Users/eva", nil).Status).To(Equal(http.StatusNotFound))
		edited := func(patch string) error {
			return env.As(email("ana")).Patch(ctx, user(luis.Name), client.RawPatch(types.MergePatchType, []byte(patch)))
		}
		for _, field := range []string{`"displayName":"L"`, `"email":"l@acme.example"`, `"phone":"+34600000009"`} {
			Expect(edited(`{"spec":{` + field + `}}`)).To(
				BeRefused(http.StatusForbidden, `of "`+luis.Name+`", which it keeps: change it there`))
		}
		Expect(edited(`{"metadata":{"labels":{"accounts.usher.dev/origin":"device"}}}`)).To(
			BeRefused(http.StatusForbidden, "only Usher may change"))
	})

	It("DIR-4 cannot take away the last administrator, and says so in words for the identity provider's log", func(ctx context.Context) {
		made := entra.post(ctx, "e-3", email("bea"))
		Expect(made.Status).To(Equal(http.StatusCreated))
		edit(ctx, user(made.id()), func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleOrganizationAdmin })
		bea := awaitReady(ctx, user(made.id()))
		edit(ctx, user("ana"), func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleTechnician })
		o := &v1alpha1.Organization{}
		o.Namespace, o.Name = org, org
		Eventually(get(ctx, o)).Should(HaveField("Status.Administrators", ConsistOf(bea.Name)))
		for _, a := range []answer{
			entra.set(ctx, bea.Name, map[string]any{"active": false}), entra.send(ctx, http.MethodDelete, "/Users/"+bea.Name, nil),
		} {
			Expect(a.Status).To(Equal(http.StatusConflict))
			Expect(a.detail()).To(ContainSubstring("is the last OrganizationAdmin"))
		}
		moved := entra.set(ctx, bea.Name, map[string]any{"userName": email("mallory"), `emails[type eq "work"].value`: email("mallory")})
		Expect(moved.Status).To(Equal(http.StatusForbidden))
		Expect(moved.detail()).To(ContainSubstring(`may change the address of a user with the role "OrganizationAdmin"`))
		edit(ctx, user("ana"), func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleOrganizationAdmin })
		Eventually(get(ctx, o)).Should(HaveField("Status.Administrators", ConsistOf("ana", bea.Name)))
		Expect(entra.send(ctx, http.MethodDelete, "/Users/"+bea.Name, nil).Status).To(Equal(http.StatusNoContent))
		Eventually(func() error { return env.Client.Get(ctx, client.ObjectKeyFromObject(bea), bea) }).Should(MatchError(ContainSubstring("not found")))
	})

	It("DIR-1 makes one account of a person who is sent to two replicas at once with different addresses", func(ctx context.Context) {
		const rounds, copies = 6, 4
		for round := range rounds {
			var sent sync.WaitGroup
			answers := make([]answer, copies)
			for n := range copies {
				sent.Go(func() {
					defer GinkgoRecover()
					p := []identityProvider{entra, second}[n%2]
					answers[n] = p.post(ctx, fmt.Sprintf("r-%d", round), email(fmt.Sprintf("r%d-%d", round, n)))
				})
			}
			sent.Wait()
			created := 0
			for _, a := range answers {
				Expect(a.Status).To(BeElementOf(http.StatusCreated, http.StatusConflict), a.detail())
				if a.Status == http.StatusCreated {
					created++
				}
			}
			Expect(created).To(Equal(1))
			Expect(entra.find(ctx, fmt.Sprintf(`externalId eq "r-%d"`, round))).To(Equal(1))
		}
	})

	It("DIR-2 is open to its tokens alone, while they are neither expired nor paused", func(ctx context.Context) {
		wrong := identityProvider{entra.url, "usher_dir_wrong"}
		a := wrong.send(ctx, http.MethodGet, "/Users", nil)
		Expect(a.Status).To(Equal(http.StatusUnauthorized))
		Expect(a.Header.Get("WWW-Authenticate")).To(HavePrefix("Bearer"))
		other := identityProvider{strings.Replace(entra.url, org, organization(ctx), 1), entra.token}
		Expect(other.send(ctx, http.MethodGet, "/Users", nil).Status).To(Equal(http.StatusUnauthorized), "of another organization")
		none := identityProvider{strings.Replace(entra.url, org, "nowhere", 1), entra.token}
		Expect(none.send(ctx, http.MethodGet, "/Users", nil).Body).To(Equal(other.send(ctx, http.MethodGet, "/Users", nil).Body),
			"a stranger does not learn which organizations there are")

		expired, err := kept.Make(ctx, "old", time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
		Expect(err).NotTo(HaveOccurred())
		Expect(kept.SetPaused(ctx, "entra", true)).To(Succeed())
		Eventually(func() int { return entra.send(ctx, http.MethodGet, "/Users", nil).Status }).Should(Equal(http.StatusUnauthorized))
		Expect(kept.SetPaused(ctx, "entra", false)).To(Succeed())
		Eventually(func() int { return entra.send(ctx, http.MethodGet, "/Users", nil).Status }).Should(Equal(http.StatusOK))
		Expect(identityProvider{entra.url, expired}.send(ctx, http.MethodGet, "/Users", nil).Status).To(
			BeElementOf(http.StatusUnauthorized, http.StatusTooManyRequests))

		refused := 0
		for range 40 {
			a := wrong.send(ctx, http.MethodGet, "/Users", nil)
			Expect(a.Status).To(BeElementOf(http.StatusUnauthorized, http.StatusTooManyRequests))
			if a.Status == http.StatusTooManyRequests {
				Expect(a.Header.Get("Retry-After")).NotTo(BeEmpty())
				refused++
			}
		}
		Expect(refused).To(BeNumerically(">", 0), "wrong tokens are limited")
		Expect(entra.send(ctx, http.MethodGet, "/Users", nil).Status).To(Equal(http.StatusOK), "the right one is not")
	})

	It("DIR-2 tells its administrators when a token was last used, and ends with the last token", func(ctx context.Context) {
		list, err := kept.List(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveExactElements(
			And(HaveField("Name", "entra"), HaveField("LastUse", BeTemporally("~", time.Now(), 5*time.Minute))),
			And(HaveField("Name", "old"), HaveField("LastUse", BeZero()))))
		Expect(kept.Remove(ctx, "old")).To(Succeed())
		Expect(kept.Remove(ctx, "entra")).To(Succeed())
		Eventually(func() int { return entra.send(ctx, http.MethodGet, "/Users", nil).Status }).Should(Equal(http.StatusUnauthorized))
		Eventually(can(ctx, "system:serviceaccount:"+org+":usher-directory", "create", "orgusers", org)).Should(BeFalse())
		secret := &corev1.Secret{}
		Eventually(func() error {
			c := env.PortalConfig()
			portal, err := client.New(c, client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
			Expect(err).NotTo(HaveOccurred())
			return portal.Get(ctx, client.ObjectKey{Namespace: org, Name: v1alpha1.DirectoryTokensSecret}, secret)
		}).Should(BeRefused(http.StatusForbidden, "cannot get resource"))
		Expect(get(ctx, luis)(NewWithT(GinkgoT())).Status.State).To(Equal(v1alpha1.UserActive), "people stay")
	})
})
