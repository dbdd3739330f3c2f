// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"
	"maps"
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
	// Workspaces are sorted by their titles, those that are ready first. If AllWorkspaces is true, they need not be all: not before the
	// role is in force.
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
	in := UserInForce(f)
	o := Outlook{Role: cmp.Or(in.Role, requestedRole(f.User, in.ByGroup))}
	o.AllWorkspaces = o.Role == v1alpha1.RoleOrganizationAdmin
	o.Workspaces = workspaceOutlooks(f, in, o.Role)
	o.Modules, o.AwaitingSeats = moduleOutlooks(f)
	o.Standing = standingOf(f, in, o)
	return o
}

// workspaceOutlooks returns the workspaces that the sources grant, whether they are in force or not: the account may be suspended, or
// wait for something, and a workspace may not exist or have no namespace yet.
func workspaceOutlooks(f UserFacts, in InForce, role v1alpha1.Role) []WorkspaceOutlook {
	if role == v1alpha1.RoleNotificationsOnly || IsLimited(f.User) {
		return nil
	}
	granted := map[string]WorkspaceOutlook{}
	add := func(w WorkspaceOutlook) {
		if origins := originsIn(w.Name, f, role); len(origins) > 0 {
			w.Access = origins[0].Access
			granted[w.Name] = w
		}
	}
	for _, name := range in.MissingWorkspaces {
		add(WorkspaceOutlook{Name: name, Title: name})
	}
	for _, w := range slices.Concat(f.NotReady, f.Workspaces) {
		add(WorkspaceOutlook{Name: w.Name, Title: WorkspaceTitle(w), Namespace: w.Status.Namespace})
	}
	return slices.SortedFunc(maps.Values(granted), func(a, b WorkspaceOutlook) int {
		return cmp.Or(strings.Compare(order(a), order(b)), strings.Compare(a.Title, b.Title), strings.Compare(a.Name, b.Name))
	})
}

func order(w WorkspaceOutlook) string {
	if w.Ready() {
		return "a"
	}
	return "b"
}

// moduleOutlooks returns the modules that have a seat or get a free one, and those that wait for a seat.
func moduleOutlooks(f UserFacts) (seated, waiting []string) {
	granted, without := modulesInForce(f)
	for _, module := range granted {
		seated = append(seated, string(module))
	}
	for _, module := range without {
		if SeatsFor(f.Organization, v1alpha1.ObjectName(module), f.User.Name).Available() > 0 {
			seated = append(seated, module)
		} else {
			waiting = append(waiting, module)
		}
	}
	slices.Sort(seated)
	slices.Sort(waiting)
	return seated, waiting
}

func standingOf(f UserFacts, in InForce, o Outlook) Standing {
	lacks := func(w WorkspaceOutlook) bool { return !w.Ready() }
	switch {
	case in.State == v1alpha1.UserSuspended:
		return StandingSuspended
	case in.State != v1alpha1.UserActive, in.AwaitingLedger && LedgerFull(f.Organization):
		return StandingWaiting
	case o.AllWorkspaces:
	case in.LacksWorkspace, o.Role == v1alpha1.RoleMember && !slices.ContainsFunc(o.Workspaces, WorkspaceOutlook.Ready):
		return StandingNoWorkspace
	case slices.ContainsFunc(o.Workspaces, lacks), in.OmittedWorkspaces > 0:
		return StandingPartial
	}
	if len(o.AwaitingSeats) > 0 {
		return StandingPartial
	}
	return StandingInForce
}
