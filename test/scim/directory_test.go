// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var env *testenv.Env

// numberOfPeople is how many people a first synchronization brings; USHER_SCIM_PEOPLE says otherwise.
func numberOfPeople() int {
	if n, err := strconv.Atoi(os.Getenv("USHER_SCIM_PEOPLE")); err == nil {
		return n
	}
	return 60
}

var _ = Describe("The directory of an organization, in two replicas on a real API server", Ordered, func() {
	var users string
	var organization string
	var replicas [2]replica

	BeforeAll(func(ctx context.Context) {
		var err error
		env, err = testenv.Start(testenv.Options{CRDsOnly: true})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
		replicas = [2]replica{startReplica(ctx), startReplica(ctx)}
	})

	BeforeEach(func(ctx context.Context) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "acme-"}}
		Expect(env.Client.Create(ctx, namespace)).To(Succeed())
		organization = namespace.Name
		users = "/scim/v2/" + organization + "/Users"
		o := builders.Organization(organization).With(func(o *v1alpha1.Organization) {
			o.Spec.Directory.Protection.People = new(int32(1000)) // these specs are about other things
		}).Obj()
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	})

	// post creates a resource, and returns its path.
	post := func(ctx context.Context, r replica, path string, body any) string {
		GinkgoHelper()
		status, made := r.send(ctx, http.MethodPost, path, body)
		Expect(status).To(Equal(http.StatusCreated), "%v", made)
		return path + "/" + made["id"].(string) //nolint:forcetypeassert // a resource
	}
	// members returns those of a group.
	members := func(ctx context.Context, r replica, path string) []string {
		GinkgoHelper()
		status, group := r.send(ctx, http.MethodGet, path, nil)
		Expect(status).To(Equal(http.StatusOK), "%v", group)
		list, _ := group["members"].([]any)
		ids := make([]string, 0, len(list))
		for _, m := range list {
			ids = append(ids, m.(map[string]any)["value"].(string)) //nolint:forcetypeassert // a member
		}
		return ids
	}
	operations := func(all ...any) map[string]any { return map[string]any{"Operations": all} }
	people := func(ctx context.Context) []v1alpha1.OrgUser {
		GinkgoHelper()
		var list v1alpha1.OrgUserList
		Expect(env.Client.List(ctx, &list, client.InNamespace(organization))).To(Succeed())
		return list.Items
	}

	It("LMI-10 reads in one replica at once what was written in the other", func(ctx context.Context) {
		for n := range 20 {
			one, other := replicas[n%2], replicas[1-n%2]
			status, made := one.send(ctx, http.MethodPost, users, map[string]any{"userName": fmt.Sprintf("p%d@acme.example", n), "externalId": fmt.Sprint(n)})
			Expect(status).To(Equal(http.StatusCreated), "%v", made)
			path := users + "/" + made["id"].(string) //nolint:forcetypeassert // a resource
			Expect(other.find(ctx, users, fmt.Sprintf(`userName eq "P%d@acme.example"`, n))).To(ConsistOf(made))
			status, _ = other.send(ctx, http.MethodPatch, path, map[string]any{"Operations": []any{map[string]any{"op": "Replace", "path": "active", "value": "False"}}})
			Expect(status).To(Equal(http.StatusOK))
			_, read := one.send(ctx, http.MethodGet, path, nil)
			Expect(read).To(HaveKeyWithValue("active", false))
			status, _ = one.send(ctx, http.MethodDelete, path, nil)
			Expect(status).To(Equal(http.StatusNoContent))
			status, _ = other.send(ctx, http.MethodGet, path, nil)
			Expect(status).To(Equal(http.StatusNotFound))
		}
	})

	It("DIR-3 answers with the name of the OrgUser that Git declares", func(ctx context.Context) {
		boss := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: organization, Name: "boss"}}
		boss.Spec = v1alpha1.OrgUserSpec{Email: "boss@acme.example", Role: v1alpha1.RoleOrganizationAdmin}
		Expect(env.Client.Create(ctx, boss)).To(Succeed())
		status, answer := replicas[0].send(ctx, http.MethodPost, users, map[string]any{"userName": "boss@acme.example"})
		Expect(status).To(Equal(http.StatusConflict))
		Expect(answer).To(And(HaveKeyWithValue("scimType", "uniqueness"), HaveKeyWithValue("detail", ContainSubstring(`the OrgUser "boss"`))))
	})

	It("DIR-5 loses no member although both replicas change one group at once", func(ctx context.Context) {
		const each = 15
		var ids []string
		for n := range 2 * each {
			ids = append(ids, strings.TrimPrefix(post(ctx, replicas[n%2], users, map[string]any{"userName": fmt.Sprintf("p%d@acme.example", n)}), users+"/"))
		}
		groups := "/scim/v2/" + organization + "/Groups"
		path := post(ctx, replicas[0], groups, map[string]any{"displayName": "Helpdesk", "members": []any{map[string]any{"value": ids[0]}}})
		var group sync.WaitGroup
		for n, id := range ids {
			group.Go(func() {
				defer GinkgoRecover()
				status, answer := replicas[n%2].send(ctx, http.MethodPatch, path, operations(map[string]any{
					"op": "Add", "path": "members", "value": []any{map[string]any{"value": id}},
				}))
				Expect(status).To(Equal(http.StatusOK), "%v", answer)
			})
		}
		group.Wait()
		Expect(members(ctx, replicas[1], path)).To(ConsistOf(ids))
	})

	It("DIR-5 has one group although both replicas create it at once, under different names", func(ctx context.Context) {
		groups := "/scim/v2/" + organization + "/Groups"
		for n := range 10 {
			var both sync.WaitGroup
			statuses := [2]int{}
			for replica := range replicas {
				both.Go(func() {
					defer GinkgoRecover()
					statuses[replica], _ = replicas[replica].send(ctx, http.MethodPost, groups, map[string]any{
						"externalId": fmt.Sprintf("e-%d", n), "displayName": fmt.Sprintf("Group %d of %d", n, replica),
					})
				})
			}
			both.Wait()
			Expect(statuses).To(ConsistOf(http.StatusCreated, http.StatusConflict))
		}
		_, page := replicas[0].send(ctx, http.MethodGet, groups, nil)
		Expect(page).To(HaveKeyWithValue("totalResults", 10.0))
	})

	It("DIR-4 has one person although both replicas create them at once, with different addresses", func(ctx context.Context) {
		for n := range 10 {
			var both sync.WaitGroup
			statuses := [2]int{}
			for replica := range replicas {
				both.Go(func() {
					defer GinkgoRecover()
					statuses[replica], _ = replicas[replica].send(ctx, http.MethodPost, users, map[string]any{
						"externalId": fmt.Sprintf("e-%d", n), "userName": fmt.Sprintf("p%d.%d@acme.example", n, replica),
					})
				})
			}
			both.Wait()
			Expect(statuses).To(ConsistOf(http.StatusCreated, http.StatusConflict))
		}
		_, page := replicas[0].send(ctx, http.MethodGet, users, nil)
		Expect(page).To(HaveKeyWithValue("totalResults", 10.0))
	})

	It("DIR-5 answers 404 for a group, and 400 for a member, whose id no object could have", func(ctx context.Context) {
		path := post(ctx, replicas[0], "/scim/v2/"+organization+"/Groups", map[string]any{"displayName": "Helpdesk"})
		for _, id := range []string{"a%2Fb", "%25", "A%20B", "%00", strings.Repeat("x", 300)} {
			status, answer := replicas[0].send(ctx, http.MethodGet, "/scim/v2/"+organization+"/Groups/"+id, nil)
			Expect(status).To(Equal(http.StatusNotFound), "%s: %v", id, answer)
			status, answer = replicas[0].send(ctx, http.MethodGet, users+"/"+id, nil)
			Expect(status).To(Equal(http.StatusNotFound), "%s: %v", id, answer)
			status, answer = replicas[0].send(ctx, http.MethodPatch, path, operations(map[string]any{
				"op": "add", "path": "members", "value": []any{map[string]any{"value": id}, map[string]any{"value": "../x"}},
			}))
			Expect(status).To(Equal(http.StatusBadRequest), "%s: %v", id, answer)
		}
	})

	It("DIR-5 has groups as large as the directory", func(ctx context.Context) {
		all := make([]any, numberOfPeople())
		for n := range all {
			id := strings.TrimPrefix(post(ctx, replicas[n%2], users, map[string]any{"userName": fmt.Sprintf("firstname.lastname-%d@company.example", n)}), users+"/")
			all[n] = map[string]any{"value": id}
		}
		path := post(ctx, replicas[0], "/scim/v2/"+organization+"/Groups", map[string]any{"displayName": "Everybody"})
		took := func(body any) time.Duration {
			GinkgoHelper()
			start := time.Now()
			status, answer := replicas[1].send(ctx, http.MethodPatch, path, body)
			Expect(status).To(Equal(http.StatusOK), "%v", answer)
			return time.Since(start).Round(time.Millisecond)
		}
		first := took(operations(map[string]any{"op": "Add", "path": "members", "value": all}))
		Expect(members(ctx, replicas[0], path)).To(HaveLen(len(all)))
		again := took(operations(map[string]any{"op": "Add", "path": "members", "value": all}))
		out := took(operations(map[string]any{"op": "Remove", "path": "members", "value": all[:1]}))
		in := took(operations(map[string]any{"op": "Add", "path": "members", "value": all[:1]}))
		many := make([]any, 0, len(all))
		for _, m := range all[:min(len(all), 1000)] {
			many = append(many, map[string]any{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", m.(map[string]any)["value"])}) //nolint:forcetypeassert // a member
		}
		one := took(operations(many...))
		Expect(members(ctx, replicas[0], path)).To(HaveLen(len(all) - len(many)))
		AddReportEntry("members, all added, added again, one removed, one added, up to 1,000 removed one by one",
			fmt.Sprintf("%d, %s, %s, %s, %s, %s", len(all), first, again, out, in, one))
	})

	It("DIR-4 comes to the same end by both replicas at once, out of order, and writes nothing the second time", func(ctx context.Context) {
		all := make([]map[string]any, numberOfPeople())
		for n := range all {
			all[n] = map[string]any{
				"externalId": fmt.Sprintf("e-%d", n), "userName": fmt.Sprintf("p%d@acme.example", n), "displayName": fmt.Sprintf("Person %d", n),
				"active": n%7 != 0, "title": "T",
			}
		}
		run := func() time.Duration {
			GinkgoHelper()
			start := time.Now()
			var group sync.WaitGroup
			for n := range replicas {
				group.Go(func() {
					defer GinkgoRecover()
					for _, at := range rand.Perm(len(all)) {
						replicas[n].synchronize(ctx, users, all[at])
					}
				})
			}
			group.Wait()
			return time.Since(start)
		}
		first := run()
		versions := map[string]string{}
		for _, u := range people(ctx) {
			versions[u.Name] = u.ResourceVersion
		}
		Expect(versions).To(HaveLen(len(all)), "nobody is missing, nobody is there twice")
		second := run()
		suspended := 0
		for _, u := range people(ctx) {
			Expect(u.ResourceVersion).To(Equal(versions[u.Name]), "%s is not written again", u.Name)
			if u.Spec.Suspend {
				suspended++
			}
		}
		Expect(suspended).To(Equal((len(all) + 6) / 7))
		start := time.Now()
		_, page := replicas[0].send(ctx, http.MethodGet, users+"?startIndex=1&count=100", nil)
		Expect(page).To(HaveKeyWithValue("totalResults", float64(len(all))))
		AddReportEntry("people, first run, second run, one page", fmt.Sprintf("%d, %s, %s, %s",
			len(all), first.Round(time.Millisecond), second.Round(time.Millisecond), time.Since(start).Round(time.Millisecond)))
	})
})
