// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// town is an organization in which people make random requests, and permitted requests take effect.
type town struct {
	*rand.Rand
	organization *v1alpha1.Organization
	users        map[string]*v1alpha1.OrgUser
	// granter is who granted the role that a user's spec requests.
	granter map[string]authz.Actor
	clock   int64
	where   string
	// permitted and refused count the requests.
	permitted, refused int
}

// newTown starts with two administrators, one person of every other role, and a delegate who manages users.
func newTown(seed uint64) *town {
	t := &town{
		Rand: rand.New(rand.NewPCG(seed, 5)), organization: builders.Organization("acme").Delegate("argocd", userAdmin).Obj(),
		users: map[string]*v1alpha1.OrgUser{}, granter: map[string]authz.Actor{},
	}
	for n, role := range append([]v1alpha1.Role{orgAdmin, member}, allRoles...) {
		t.add(builders.OrgUser("acme", fmt.Sprintf("u%d", n)).Role(role).Existing().Obj(), platformActor)
	}
	t.reconcile()
	t.reconcile()
	Expect(t.organization.Status.Administrators).To(HaveLen(2))
	return t
}

func (t *town) add(u *v1alpha1.OrgUser, by authz.Actor) {
	t.clock++
	u.CreationTimestamp = metav1.Unix(t.clock, 0)
	t.users[u.Name], t.granter[u.Name] = u, by
}

func (t *town) sorted() []*v1alpha1.OrgUser {
	list := slices.Collect(maps.Values(t.users))
	slices.SortFunc(list, func(a, b *v1alpha1.OrgUser) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return list
}

// actor returns a random active person or delegate whose role is not without.
func (t *town) actor(without v1alpha1.Role) authz.Actor {
	var actors []authz.Actor
	for _, u := range t.sorted() {
		if u.Status.State == v1alpha1.UserActive && u.Status.Role != without {
			actors = append(actors, authz.Actor{Kind: authz.ActorPerson, Username: u.Status.Username, Role: u.Status.Role, User: u.Name})
		}
	}
	for _, d := range t.organization.Spec.Delegates {
		if d.Role != without {
			actors = append(actors, authz.Actor{Kind: authz.ActorDelegate, Username: string(d.Username), Role: d.Role})
		}
	}
	return actors[t.IntN(len(actors))]
}

func (t *town) role() v1alpha1.Role { return allRoles[t.IntN(len(allRoles))] }

// ask makes a random request as an actor. If it is permitted, it takes effect.
func (t *town) ask(actor authz.Actor) {
	switch t.IntN(6) {
	case 0:
		t.clock++
		made := builders.OrgUser("acme", fmt.Sprintf("n%d", t.clock)).Role(t.role()).Existing().Obj()
		t.when(asked(actor, authz.Create, made), func() { t.add(made, actor) })
	case 1:
		t.clock++
		name := fmt.Sprintf("i%d", t.clock)
		invited := builders.Invitation("acme", name, name+"@acme.example").Role(t.role()).InvitedBy(actor.Username).Obj()
		t.when(asked(actor, authz.Create, invited), func() {
			t.add(builders.OrgUser("acme", name).Role(invited.Spec.Role).Existing().Obj(), actor)
		})
	case 2:
		u := t.sorted()[t.IntN(len(t.users))]
		t.when(asked(actor, authz.Delete, u), func() { deleted(u) })
	case 3:
		requested := t.organization.DeepCopy()
		if t.IntN(2) == 0 {
			requested.Spec.Delegates = []v1alpha1.Delegate{{Username: "argocd", Role: t.role()}}
		}
		requested.Spec.Profile.Size, requested.Spec.Subscription.Plan = t.Int32N(2), string('A'+rune(t.IntN(2)))
		t.when(update(actor, t.organization, requested), func() { t.delegate(actor, requested) })
	default:
		u := t.sorted()[t.IntN(len(t.users))]
		requested := t.changed(u)
		t.when(update(actor, u, requested), func() {
			if u.Spec.Role != requested.Spec.Role {
				t.granter[u.Name] = actor
			}
			t.users[u.Name] = requested
		})
	}
}

// changed returns a copy of a user with one or two random changes.
func (t *town) changed(u *v1alpha1.OrgUser) *v1alpha1.OrgUser {
	return changed(u, func(u *v1alpha1.OrgUser) {
		for range 1 + t.IntN(2) {
			switch t.IntN(5) {
			case 0:
				u.Spec.Role = t.role()
			case 1:
				u.Spec.Suspend = !u.Spec.Suspend
			case 2:
				u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{granted("support", v1alpha1.WorkspaceAdmin)}
			case 3: // the user name of a random user, perhaps the present one
				u.Spec.Username = v1alpha1.Username(effective.Usernames{}.Of(t.sorted()[t.IntN(len(t.users))]))
			case 4:
				u.Spec.DisplayName = v1alpha1.DisplayName(fmt.Sprint("Name ", t.IntN(9)))
			}
		}
	})
}

func (t *town) delegate(by authz.Actor, requested *v1alpha1.Organization) {
	if !slices.Equal(t.organization.Spec.Delegates, requested.Spec.Delegates) {
		Expect(by.Role).To(Equal(orgAdmin), t.where)
	}
	t.organization = requested
}

func (t *town) when(r authz.Request, do func()) {
	r.Facts.Organization = t.organization
	if u, ok := r.Old.(*v1alpha1.OrgUser); ok {
		r.Facts.OtherAdministrator = slices.ContainsFunc(t.organization.Status.Administrators, func(name string) bool {
			return name != u.Name && effective.CandidateOf(t.users[name]).Requested
		})
	}
	if len(authz.Judge(r)) > 0 {
		t.refused++
		return
	}
	t.permitted++
	do()
}

// reconcile puts requests in force as the reconcilers do, and checks the ledger.
func (t *town) reconcile() {
	GinkgoHelper()
	var candidates []effective.Candidate
	for _, u := range t.sorted() {
		f := facts(u, t.organization)
		f.UsernameOwner = t.usernameOwner(u)
		in := effective.UserInForce(f)
		if in.State == v1alpha1.UserRemoving {
			delete(t.users, u.Name)
			continue
		}
		u.Status.State, u.Status.Role, u.Status.Username = in.State, in.Role, in.Username
		candidates = append(candidates, effective.CandidateOf(u))
	}
	next := effective.NextLedger(t.organization.Status.Administrators, candidates)
	Expect(next.Held).To(BeEmpty(), "%s: what is permitted is never held back from the ledger", t.where)
	Expect(next.Administrators).NotTo(BeEmpty(), t.where)
	t.organization.Status.Administrators = next.Administrators
}

// usernameOwner returns the name of the user who keeps another one from having the requested user name.
func (t *town) usernameOwner(u *v1alpha1.OrgUser) string {
	for _, other := range t.sorted() {
		if other.Name != u.Name && (effective.Usernames{}).Owns(other, u) {
			return other.Name
		}
	}
	return ""
}

// privileged returns the users above Member, with their roles in force.
func (t *town) privileged() map[string]v1alpha1.Role {
	roles := map[string]v1alpha1.Role{}
	for name, u := range t.users {
		if u.Status.Role != "" && u.Status.Role != member {
			roles[name] = u.Status.Role
		}
	}
	return roles
}

// run makes requests as people who do not have the role without, and checks after each what must hold.
func (t *town) run(seed uint64, steps int, without v1alpha1.Role, check func()) {
	GinkgoHelper()
	for step := range steps {
		t.where = fmt.Sprintf("seed %d, step %d", seed, step)
		t.ask(t.actor(without))
		if t.IntN(2) == 0 { // sometimes a second request is made before the first is in force
			t.reconcile()
		}
		check()
	}
}

var _ = Describe("No sequence of permitted requests by people and delegates", func() {
	It("ORG-4 ORG-12 ORG-24 gives anybody a role that no OrganizationAdmin granted, or leaves the organization without administrator", func() {
		var permitted, refused int
		for seed := range uint64(200) {
			t := newTown(seed)
			t.run(seed, 60, "", func() {
				for name, role := range t.privileged() {
					by := t.granter[name]
					Expect(by.Kind == authz.ActorPlatform || by.Role == orgAdmin).To(BeTrue(), "%s: %s is %s by %v", t.where, name, role, by)
					Expect(by.User).NotTo(Equal(name), t.where)
				}
			})
			permitted, refused = permitted+t.permitted, refused+t.refused
		}
		AddReportEntry("requests", fmt.Sprintf("%d permitted, %d refused", permitted, refused))
		Expect(permitted).To(BeNumerically(">", 1000))
		Expect(refused).To(BeNumerically(">", 1000))
	})

	It("ORG-8 ORG-10 ORG-12 ORG-15 changes a user above Member, or a delegate, while no OrganizationAdmin acts", func() {
		for seed := range uint64(200) {
			t := newTown(seed)
			before, delegates := t.privileged(), t.organization.Spec.Delegates
			t.run(seed, 60, orgAdmin, func() {
				Expect(t.privileged()).To(Equal(before), t.where)
				Expect(t.organization.Spec.Delegates).To(Equal(delegates), t.where)
			})
		}
	})
})
