// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/tokens"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/entra"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	// inDirectory is how many people the identity provider has without USHER_DIRECTORY_PEOPLE, and inEach how many are in each group.
	inDirectory = 100
	inEach      = 10
	// connections is how many requests the identity provider sends at once.
	connections = 8
)

// synchronization is an identity provider that sends everybody to two replicas.
type synchronization struct {
	*entra.Provider

	org  string
	size int
	done atomic.Int64

	mu sync.Mutex
	// ids are the ids that the directory's people were given.
	ids []string
}

// given notes the id that somebody was given. Whoever is sent again keeps theirs.
func (s *synchronization) given(n int, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	Expect(s.ids[n]).To(Or(BeEmpty(), Equal(id)), "person %d", n)
	s.ids[n] = id
}

// launchSync starts a replica that leads if no other one does, and that a spec may kill.
func launchSync(ctx context.Context) (process *operator.Process, webhooks int) {
	GinkgoHelper()
	link := filepath.Join(GinkgoT().TempDir(), filepath.Base(usher.binary))
	Expect(os.Link(usher.binary, link)).To(Succeed())
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.WebhookPort, err = ports.Free(env.WebhookHost)
	Expect(err).NotTo(HaveOccurred())
	options.DirectoryRequestsPerSecond = -1
	process, err = operator.Launch(env.OperatorConfig(), link, options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(process.Kill()).To(Succeed()) })
	Expect(process.AwaitReady(ctx)).To(Succeed())
	return process, options.WebhookPort
}

// leader returns who holds the lease.
func leader(ctx context.Context) (string, error) {
	var lease coordinationv1.Lease
	err := env.Client.Get(ctx, client.ObjectKey{Namespace: operator.Namespace, Name: "usher-controller-manager"}, &lease)
	if err != nil || lease.Spec.HolderIdentity == nil {
		return "", client.IgnoreNotFound(err)
	}
	return *lease.Spec.HolderIdentity, nil
}

// people sends everybody, in any order, until all are there or ctx ends.
func (s *synchronization) people(ctx context.Context) {
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range connections {
		workers.Go(func() {
			defer GinkgoRecover()
			for n := range numbers {
				id, err := s.Person(ctx, entra.Person{
					ExternalID: fmt.Sprintf("e-%d", n), Address: fmt.Sprintf("p%d@%s.example", n, s.org), Name: fmt.Sprintf("Person %d", n),
				})
				if ctx.Err() != nil {
					continue // the cycle was interrupted
				}
				Expect(err).NotTo(HaveOccurred())
				s.given(n, id)
				s.done.Add(1)
			}
		})
	}
	for _, n := range rand.Perm(s.size) {
		numbers <- n
	}
	close(numbers)
	workers.Wait()
}

// groups sends all groups with their members, in any order.
func (s *synchronization) groups(ctx context.Context) {
	GinkgoHelper()
	for _, n := range rand.Perm(s.size / inEach) {
		Expect(s.Group(ctx, team(n), s.ids[n*inEach:(n+1)*inEach])).To(Succeed())
	}
}

func team(n int) entra.Group {
	return entra.Group{ExternalID: fmt.Sprintf("g-%d", n), Name: fmt.Sprintf("Team %d", n)}
}

// complete expects that everybody is there once and in force, each in one group, with one RoleBinding.
func (s *synchronization) complete(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var users v1alpha1.OrgUserList
		var groups v1alpha1.OrgGroupList
		var bindings rbacv1.RoleBindingList
		mine := []client.ListOption{client.InNamespace(s.org), client.MatchingLabels{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}}
		g.Expect(env.Client.List(ctx, &users, mine...)).To(Succeed())
		g.Expect(env.Client.List(ctx, &groups, mine...)).To(Succeed())
		g.Expect(env.Client.List(ctx, &bindings, client.InNamespace(s.org), client.HasLabels{v1alpha1.LabelUser})).To(Succeed())
		g.Expect(users.Items).To(HaveLen(s.size))
		g.Expect(groups.Items).To(HaveLen(s.size / inEach))
		of := map[string]int{}
		for _, b := range bindings.Items {
			of[b.Labels[v1alpha1.LabelUser]]++
		}
		for n := range users.Items {
			u := &users.Items[n]
			g.Expect(u).To(BeReady())
			g.Expect(u.Status.Groups).To(HaveLen(1), u.Name)
			g.Expect(of[u.Name]).To(Equal(1), u.Name)
		}
		for n := range groups.Items {
			g.Expect(&groups.Items[n]).To(BeReady())
			g.Expect(groups.Items[n].Spec.Members).To(HaveLen(inEach), groups.Items[n].Name)
			g.Expect(groups.Items[n].Status.Members).To(HaveValue(BeEquivalentTo(inEach)), groups.Items[n].Name)
		}
		var o v1alpha1.Organization // which counts people later than they are in force
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: s.org, Name: s.org}, &o)).To(Succeed())
		g.Expect(o.Status.Users.Active).To(HaveValue(BeEquivalentTo(s.size)))
		for _, group := range o.Status.Groups {
			g.Expect(group.Users).To(HaveValue(BeEquivalentTo(inEach)), group.Name)
		}
	}).WithTimeout(time.Minute + time.Duration(s.size)*time.Second).Should(Succeed())
}

var _ = Describe("A directory's first synchronization", func() {
	It("DIR-4 DIR-5 ends as the directory is, nothing twice, out of order, repeated, interrupted, while the leader is killed", func(ctx context.Context) {
		usher.releaseLease(ctx)
		DeferCleanup(usher.releaseLease)
		first, one := launchSync(ctx)
		Eventually(func() (string, error) { return leader(ctx) }).ShouldNot(BeEmpty())
		killed, err := leader(ctx)
		Expect(err).NotTo(HaveOccurred())
		second, other := launchSync(ctx)
		startBalancer(ctx, []int{one, other})

		s := &synchronization{org: env.Namespace(ctx, "sync"), size: number("USHER_DIRECTORY_PEOPLE", inDirectory)}
		s.ids = make([]string, s.size)
		Eventually(func() error { return env.Client.Create(ctx, builders.Organization(s.org).Obj()) }).Should(Succeed())
		kept := tokens.Tokens{Client: env.Client, Organization: s.org, FieldOwner: "spec"}
		token, err := kept.Make(ctx, "entra", time.Now(), time.Time{})
		Expect(err).NotTo(HaveOccurred())
		s.Provider = &entra.Provider{Token: token, Client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}}
		for _, replica := range []*operator.Process{first, second} {
			s.URLs = []string{replica.PortalURL + "/scim/v2/" + s.org}
			Eventually(func() bool { return s.Open(ctx) }).Should(BeTrue())
		}
		s.URLs = []string{first.PortalURL + "/scim/v2/" + s.org, second.PortalURL + "/scim/v2/" + s.org}

		By("sending a group before its members")
		Expect(s.Group(ctx, team(0), []string{"p0-nobody"})).To(MatchError(ContainSubstring("400 members: the directory has no person with the id p0-nobody")))

		By("sending people, killing the leader in between, and giving up after three quarters")
		cycle, interrupt := context.WithCancel(ctx)
		var sending sync.WaitGroup
		sending.Go(func() {
			defer GinkgoRecover()
			s.people(cycle)
		})
		Eventually(s.done.Load).WithTimeout(3 * time.Minute).Should(BeNumerically(">", s.size/4))
		Expect(first.Kill()).To(Succeed())
		usher.releaseLease(ctx) // as if it had run out
		Eventually(func() (string, error) { return leader(ctx) }).ShouldNot(Or(BeEmpty(), Equal(killed)))
		Eventually(s.done.Load).WithTimeout(3 * time.Minute).Should(BeNumerically(">", s.size*3/4))
		interrupt()
		sending.Wait()

		By("sending everybody again, in two cycles at once, and their groups")
		for range 2 {
			sending.Go(func() {
				defer GinkgoRecover()
				s.people(ctx)
			})
		}
		sending.Wait()
		s.groups(ctx)
		s.complete(ctx)
		Expect(s.Repeated()).To(BeNumerically(">", 0), "the replica that was killed has answered nothing since")

		By("sending everything once more")
		since := time.Now()
		s.people(ctx)
		s.groups(ctx)
		s.complete(ctx)
		Expect(env.Writes(ctx, since, func(a testenv.AuditEvent) bool { return a.ObjectRef.Namespace == s.org })).To(BeEmpty())
	})
})
