// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// company is an organization, and somebody who changes it all the time and knows what came of each change. Everything is changed under
// the resource version that was read, so that a request that arrives late changes nothing.
type company struct {
	name   string
	random *rand.Rand
	number int

	mu sync.Mutex
	// declared is what is to be in force for each declared user, invitations what they name, spaces the workspaces.
	declared    map[string]v1alpha1.OrgUserSpec
	invitations map[string][]string
	spaces      map[string]bool
	seats       int32
	primary     string
	answers     map[string]int
}

const (
	// companySize is how many declared people a company has at most.
	companySize = 12
	// companySeats is how many seats of the module it buys at most.
	companySeats = 4
)

func newCompany(ctx context.Context, seed uint64, number int) *company {
	c := &company{
		name: env.Namespace(ctx, ours), random: rand.New(rand.NewPCG(seed, uint64(number))), declared: map[string]v1alpha1.OrgUserSpec{},
		invitations: map[string][]string{}, spaces: map[string]bool{}, seats: 2, answers: map[string]int{},
	}
	return c
}

// found creates the company with two administrators.
func (c *company) found(ctx context.Context) {
	c.create(ctx, builders.Organization(c.name).ModuleWithRole(module, c.seats, "view").Obj())
	for _, name := range []string{"ana", "bea"} {
		c.declare(ctx, builders.OrgUser(c.name, name).Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
	}
	c.addSpace(ctx)
}

// work changes the company until the time is over.
func (c *company) work(ctx, until context.Context) {
	defer GinkgoRecover()
	steps := []func(context.Context){
		c.hire, c.hire, c.invite, c.invite, c.suspend, c.suspend, c.promote, c.assign, c.assign, c.seat, c.seat, c.remove, c.resend, c.buy,
		c.movePrimary, c.addSpace, c.dropSpace, c.group, c.dropInvitation, c.branch,
	}
	for until.Err() == nil {
		steps[c.random.IntN(len(steps))](ctx)
		pass(until, time.Duration(c.random.IntN(100))*time.Millisecond)
	}
}

// try repeats a request until it has a definite answer, and reports whether it was accepted.
func (c *company) try(ctx context.Context, request func() error) bool {
	for {
		err := request()
		answer := "accepted"
		switch {
		case err == nil:
		case strings.Contains(err.Error(), "failed calling webhook"):
			answer = "repeated, a webhook did not answer"
		case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "admission webhook"):
			answer = "refused by the rules"
		case apierrors.IsInvalid(err):
			answer = "refused as invalid"
		case apierrors.IsConflict(err):
			answer = "repeated, a conflict"
		case errors.Is(err, errNotYet):
			answer = "waited"
		default:
			answer = "repeated, no answer"
		}
		c.mu.Lock()
		c.answers[answer]++
		c.mu.Unlock()
		if answer == "accepted" || strings.HasPrefix(answer, "refused") || ctx.Err() != nil {
			if strings.HasPrefix(answer, "refused") {
				_, _ = fmt.Fprintf(GinkgoWriter, "%s %s\n", answer, err)
			}
			return err == nil
		}
		pass(ctx, slowest)
	}
}

// accepted returns how many changes were accepted so far.
func (c *company) accepted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers["accepted"]
}

// create creates an object. It exists already if an answer was lost.
func (c *company) create(ctx context.Context, o client.Object) bool {
	return c.try(ctx, func() error {
		err := env.Client.Create(ctx, o.DeepCopyObject().(client.Object)) //nolint:forcetypeassert // a deep copy has its original's type
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	})
}

// change changes an object as it is now. A request whose answer was lost is repeated, and changes nothing then.
func (c *company) change(ctx context.Context, o client.Object, change func()) bool {
	return c.try(ctx, func() error {
		if err := env.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		change()
		if reflect.DeepEqual(before, o) {
			return nil
		}
		return env.Client.Patch(ctx, o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	})
}

// destroy deletes an object and waits until it is gone.
func (c *company) destroy(ctx context.Context, o client.Object) bool {
	if !c.try(ctx, func() error { return client.IgnoreNotFound(env.Client.Delete(ctx, o)) }) {
		return false
	}
	return c.try(ctx, func() error {
		err := env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return cmp.Or(err, errNotYet)
	})
}

// errNotYet says that what somebody waits for has not happened yet.
var errNotYet = errors.New("not yet")

func (c *company) declare(ctx context.Context, u *v1alpha1.OrgUser) {
	if c.create(ctx, u) {
		c.note(u.Name, &u.Spec)
	}
}

// note notes what is declared for a user; nil: nothing.
func (c *company) note(name string, spec *v1alpha1.OrgUserSpec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if spec == nil {
		delete(c.declared, name)
		return
	}
	c.declared[name] = *spec
}

func (c *company) next(prefix string) string {
	c.number++
	return fmt.Sprintf("%s-%d", prefix, c.number)
}

// some returns one of the names, or "" if there are none.
func (c *company) some(names []string) string {
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return names[c.random.IntN(len(names))]
}

func (c *company) space() string { return c.some(slices.Collect(maps.Keys(c.spaces))) }

func (c *company) somebody() *v1alpha1.OrgUser {
	name := c.some(slices.Collect(maps.Keys(c.declared)))
	if name == "" {
		return nil
	}
	return builders.OrgUser(c.name, name).Obj()
}

// alter changes the spec of somebody.
func (c *company) alter(ctx context.Context, change func(*v1alpha1.OrgUserSpec)) {
	u := c.somebody()
	if u != nil && c.change(ctx, u, func() { change(&u.Spec) }) {
		c.note(u.Name, &u.Spec)
	}
}

func (c *company) hire(ctx context.Context) {
	if len(c.declared) >= companySize {
		return
	}
	roles := []v1alpha1.Role{
		v1alpha1.RoleMember, v1alpha1.RoleMember, v1alpha1.RoleTechnician, v1alpha1.RoleUserAdmin, v1alpha1.RoleOrganizationAdmin,
	}
	u := builders.OrgUser(c.name, c.next("p")).Role(roles[c.random.IntN(len(roles))]).Existing()
	if space := c.space(); space != "" && c.random.IntN(2) == 0 {
		u = u.Workspace(space, v1alpha1.WorkspaceView)
	}
	if c.random.IntN(2) == 0 {
		u = u.Modules(module)
	}
	c.declare(ctx, u.Obj())
}

func (c *company) invite(ctx context.Context) {
	name := c.next("team")
	var emails []string
	for n := range 1 + c.random.IntN(3) {
		emails = append(emails, fmt.Sprintf("%s-%d@%s.example", name, n, c.name))
	}
	i := builders.Invitation(c.name, name, strings.Join(emails, ", "))
	if space := c.space(); space != "" {
		i = i.Workspace(space, v1alpha1.WorkspaceEdit)
	}
	if c.random.IntN(3) == 0 {
		i = i.Modules(module)
	}
	if c.create(ctx, i.Obj()) {
		c.mu.Lock()
		c.invitations[name] = emails
		c.mu.Unlock()
	}
}

func (c *company) resend(ctx context.Context) {
	if name := c.some(slices.Collect(maps.Keys(c.invitations))); name != "" {
		i, value := builders.Invitation(c.name, name, "").Obj(), c.next("again")
		c.change(ctx, i, func() { i.Annotations = map[string]string{v1alpha1.AnnotationResend: value} })
	}
}

func (c *company) dropInvitation(ctx context.Context) {
	if name := c.some(slices.Collect(maps.Keys(c.invitations))); name != "" && len(c.invitations) > 5 {
		if c.destroy(ctx, builders.Invitation(c.name, name, "").Obj()) {
			c.mu.Lock()
			delete(c.invitations, name)
			c.mu.Unlock()
		}
	}
}

func (c *company) suspend(ctx context.Context) {
	c.alter(ctx, func(s *v1alpha1.OrgUserSpec) { s.Suspend = !s.Suspend })
}

func (c *company) promote(ctx context.Context) {
	role := v1alpha1.RoleOrganizationAdmin
	if c.random.IntN(2) == 0 {
		role = v1alpha1.RoleMember
	}
	c.alter(ctx, func(s *v1alpha1.OrgUserSpec) { s.Role = role })
}

func (c *company) assign(ctx context.Context) {
	space, access := c.space(), []v1alpha1.WorkspaceAccess{v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit, ""}[c.random.IntN(3)]
	if space == "" {
		return
	}
	c.alter(ctx, func(s *v1alpha1.OrgUserSpec) {
		s.Workspaces = slices.DeleteFunc(s.Workspaces, func(g v1alpha1.WorkspaceGrant) bool { return string(g.Name) == space })
		if access != "" && len(s.Workspaces) < 10 {
			s.Workspaces = append(s.Workspaces, builders.Grant(space, access))
		}
	})
}

func (c *company) seat(ctx context.Context) {
	c.alter(ctx, func(s *v1alpha1.OrgUserSpec) {
		if len(s.Modules) > 0 {
			s.Modules = nil
		} else {
			s.Modules = []v1alpha1.ObjectName{module}
		}
	})
}

func (c *company) remove(ctx context.Context) {
	if u := c.somebody(); u != nil && len(c.declared) > companySize/2 && c.destroy(ctx, u) {
		c.note(u.Name, nil)
	}
}

func (c *company) organization(ctx context.Context, change func(*v1alpha1.OrganizationSpec)) {
	o := builders.Organization(c.name).Obj()
	c.change(ctx, o, func() { change(&o.Spec) })
}

func (c *company) buy(ctx context.Context) {
	c.seats = 1 + c.random.Int32N(companySeats)
	c.organization(ctx, func(s *v1alpha1.OrganizationSpec) { s.Subscription.Modules[0].Seats = &c.seats })
}

func (c *company) movePrimary(ctx context.Context) {
	c.primary = c.next("primary") + "@" + c.name + ".example"
	c.organization(ctx, func(s *v1alpha1.OrganizationSpec) {
		s.PrimaryAdministrator = &v1alpha1.PrimaryAdministrator{Name: "Primary", Email: v1alpha1.EmailAddress(c.primary)}
	})
}

func (c *company) addSpace(ctx context.Context) {
	if len(c.spaces) >= 3 {
		return
	}
	name := c.next("space")
	if c.create(ctx, builders.Workspace(c.name, name).DeletedWithNamespace().Group("helpdesk", v1alpha1.WorkspaceView).Obj()) {
		c.spaces[name] = true
	}
}

func (c *company) dropSpace(ctx context.Context) {
	if name := c.space(); name != "" && len(c.spaces) > 1 && c.destroy(ctx, builders.Workspace(c.name, name).Obj()) {
		delete(c.spaces, name)
	}
}

// group puts some people in the group that is a member of every workspace.
func (c *company) group(ctx context.Context) {
	g := builders.OrgGroup(c.name, "helpdesk").Members("ana@" + c.name + ".example").Obj()
	if !c.create(ctx, g) {
		return
	}
	u := c.somebody()
	if u == nil {
		return
	}
	email := v1alpha1.MemberAddress(u.Name + "@" + c.name + ".example")
	c.change(ctx, g, func() {
		if at := slices.Index(g.Spec.Members, email); at >= 0 {
			g.Spec.Members = slices.Delete(g.Spec.Members, at, at+1)
		} else {
			g.Spec.Members = append(g.Spec.Members, email)
		}
	})
}

// branch founds another organization, has somebody work there, and deletes it. What is left of it then is found in the end.
func (c *company) branch(ctx context.Context) {
	c.number++
	name := fmt.Sprintf("%s-branch-%d", c.name, c.number)
	n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	space := builders.Workspace(name, "space").DeletedWithNamespace().Obj()
	o, ana := builders.Organization(name).Obj(), builders.OrgUser(name, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	leo := builders.OrgUser(name, "leo").Workspace("space", v1alpha1.WorkspaceEdit).Existing().Obj()
	for _, object := range []client.Object{n, o, ana, space, leo} {
		c.create(ctx, object)
	}
	if c.random.IntN(2) == 0 { // otherwise it goes while access is being given
		c.try(ctx, func() error {
			if err := env.Client.Get(ctx, client.ObjectKeyFromObject(ana), ana); err != nil {
				return err
			}
			if ana.Status.State != v1alpha1.UserActive {
				return errNotYet
			}
			return nil
		})
	}
	if c.random.IntN(2) == 0 {
		c.destroy(ctx, o)
	}
	c.destroy(ctx, n)
}
