// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Standing says how much of what a person is to have is in force, or comes into force without anybody doing anything but the person
// accepting.
type Standing string

const (
	// StandingInForce is all of it.
	StandingInForce Standing = "InForce"
	// StandingPartial is all but some workspaces that are not ready, or modules without a free seat.
	StandingPartial Standing = "Partial"
	// StandingNoWorkspace is a role that needs a workspace, and none.
	StandingNoWorkspace Standing = "NoWorkspace"
	// StandingWaiting is nothing: an administrator has to act first, for example because another account has the address.
	StandingWaiting Standing = "Waiting"
	// StandingSuspended is nothing, because the account is suspended.
	StandingSuspended Standing = "Suspended"
)

// Nothing reports whether nothing is in force.
func (s Standing) Nothing() bool { return s == StandingSuspended || s == StandingWaiting }

// Outlook is what a person has, or gets on accepting, from every source. The invitation's mail and page, the welcome mail and page, and
// what the person is shown later all go by it, so that they agree.
type Outlook struct {
	Role     v1alpha1.Role
	Standing Standing
	// AllWorkspaces is true if the role gives access to every workspace.
	AllWorkspaces bool
	// Workspaces are sorted by their titles, those that are ready first. If AllWorkspaces is true, those in force are among them, but
	// perhaps not all.
	Workspaces []WorkspaceOutlook
	// Modules are those with a seat, or with a free one; AwaitingSeats are those without.
	Modules, AwaitingSeats []string
}

// WorkspaceOutlook is a workspace of an Outlook.
type WorkspaceOutlook struct {
	Name, Title string
	// Namespace is the workspace's namespace; empty: it is not ready.
	Namespace string
	Access    v1alpha1.WorkspaceAccess
}

// Ready reports whether the workspace has its namespace, so that access to it can be in force.
func (w WorkspaceOutlook) Ready() bool { return w.Namespace != "" }

// maxShown is how many workspaces a mail or a page lists.
const maxShown = 10

// Shown returns the workspaces to list, and how many there are beside them.
func (o Outlook) Shown() (first []WorkspaceOutlook, more int) {
	n := min(len(o.Workspaces), maxShown)
	return o.Workspaces[:n], len(o.Workspaces) - n
}

// OutlookFor returns what a person has if they have accepted, else what they get on accepting.
func OutlookFor(f UserFacts) Outlook {
	f.Onboarding = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive}
	actual := UserInForce(f)
	unhindered := UserInForce(withoutHindrance(f))
	o := Outlook{Role: cmp.Or(unhindered.Role, f.User.Spec.Role)}
	o.AllWorkspaces = o.Role == v1alpha1.RoleOrganizationAdmin
	o.Workspaces = workspaceOutlooks(f, unhindered, o.Role)
	o.Modules, o.AwaitingSeats = moduleOutlooks(f)
	o.Standing = standingOf(f, actual, o)
	return o
}

// withoutHindrance returns the facts as they are once the account is neither suspended nor kept from its address and user name by
// another one.
func withoutHindrance(f UserFacts) UserFacts {
	u := *f.User
	u.Spec.Suspend = false
	f.User, f.AddressOwner, f.UsernameOwner = &u, "", ""
	return f
}

// workspaceOutlooks returns the workspaces in force, and those that are not because they do not exist or have no namespace.
func workspaceOutlooks(f UserFacts, in InForce, role v1alpha1.Role) []WorkspaceOutlook {
	if role == v1alpha1.RoleNotificationsOnly || IsLimited(f.User) {
		return nil
	}
	titles := make(map[string]*v1alpha1.Workspace, len(f.Workspaces)+len(f.NotReady))
	for _, w := range slices.Concat(f.Workspaces, f.NotReady) {
		titles[w.Name] = w
	}
	var all []WorkspaceOutlook
	ready := make(map[string]bool, len(in.Workspaces))
	for _, grant := range in.Workspaces {
		ready[grant.Name] = true
		w := titles[grant.Name]
		all = append(all, WorkspaceOutlook{
			Name: grant.Name, Title: WorkspaceTitle(w), Namespace: w.Status.Namespace, Access: grant.Access,
		})
	}
	for _, name := range awaited(f, in) {
		origins := originsIn(name, f, role)
		if ready[name] || len(origins) == 0 {
			continue
		}
		title := name
		if w := titles[name]; w != nil {
			title = WorkspaceTitle(w)
		}
		all = append(all, WorkspaceOutlook{Name: name, Title: title, Access: origins[0].Access})
	}
	slices.SortStableFunc(all, func(a, b WorkspaceOutlook) int {
		return cmp.Or(strings.Compare(order(a), order(b)), strings.Compare(a.Title, b.Title), strings.Compare(a.Name, b.Name))
	})
	return all
}

func order(w WorkspaceOutlook) string {
	if w.Ready() {
		return "a"
	}
	return "b"
}

// awaited returns the names of the workspaces that are granted, but have no namespace or do not exist, each once.
func awaited(f UserFacts, in InForce) []string {
	names := slices.Clone(in.MissingWorkspaces)
	for _, w := range f.NotReady {
		names = append(names, w.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// moduleOutlooks returns the modules that have a seat or get a free one, and those that wait for a seat.
func moduleOutlooks(f UserFacts) (seated, waiting []string) {
	granted, without := modulesInForce(f)
	for _, module := range granted {
		seated = append(seated, string(module))
	}
	for _, module := range without {
		if hasFreeSeat(f.Organization, v1alpha1.ObjectName(module)) {
			seated = append(seated, module)
		} else {
			waiting = append(waiting, module)
		}
	}
	slices.Sort(seated)
	slices.Sort(waiting)
	return seated, waiting
}

// hasFreeSeat reports whether a module that the organization has bought has a seat that nobody holds.
func hasFreeSeat(o *v1alpha1.Organization, module v1alpha1.ObjectName) bool {
	for _, m := range o.Spec.Subscription.Modules {
		if m.Name == module && m.Seats != nil {
			present := presentSeats(o, module)
			return len(present.Holders)+len(present.Leaving) < int(min(*m.Seats, maxHolders))
		}
	}
	return false
}

func standingOf(f UserFacts, actual InForce, o Outlook) Standing {
	lacks := func(w WorkspaceOutlook) bool { return !w.Ready() }
	switch {
	case actual.State == v1alpha1.UserSuspended:
		return StandingSuspended
	case actual.State != v1alpha1.UserActive, actual.AwaitingLedger && LedgerFull(f.Organization):
		return StandingWaiting
	case o.AllWorkspaces:
	case actual.LacksWorkspace, o.Role == v1alpha1.RoleMember && !slices.ContainsFunc(o.Workspaces, WorkspaceOutlook.Ready):
		return StandingNoWorkspace
	case slices.ContainsFunc(o.Workspaces, lacks), actual.OmittedWorkspaces > 0:
		return StandingPartial
	}
	if len(o.AwaitingSeats) > 0 {
		return StandingPartial
	}
	return StandingInForce
}
