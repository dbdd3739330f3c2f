// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// setConditions says how the user stands, or what failed.
func setConditions(s *scope, failed error) {
	u, in := s.user, s.in
	switch _, failure := requeue.Split(u, failed); {
	case failure != nil:
		status.Progressing(u, v1alpha1.ReasonFailed, wording.Failures(failure))
	case s.granting, failed != nil: // what is transient is no failure, but the access is not there yet
		status.Progressing(u, v1alpha1.ReasonReconciling, "access is being updated")
	case in.Held:
		status.Stalled(u, v1alpha1.ReasonLastAdministrator, fmt.Sprintf(
			"organization %q has no other administrator in force, so this user stays one. Make somebody else OrganizationAdmin first",
			u.Namespace))
	case in.Leaving:
		status.Progressing(u, v1alpha1.ReasonAwaitingLedger, "waiting to be removed from the organization's list of administrators")
	case in.State == v1alpha1.UserRemoving:
		status.Progressing(u, v1alpha1.ReasonRemoving, "access is being removed")
	case s.facts.Organization == nil:
		status.Progressing(u, v1alpha1.ReasonOrganizationNotFound, wording.NoOrganization(u.Namespace))
	case s.facts.AddressOwner != "":
		setAwaitingAddress(u, s.facts)
	case s.facts.UsernameOwner != "":
		setUsernameTaken(u, s.facts.Usernames.Of(u), s.facts.UsernameOwner)
	case effective.ChangesEmail(u):
		setEmailChange(u, s.emailHolder, s.linkExpired)
	case in.State == v1alpha1.UserPending:
		setPending(u, s.facts.Onboarding)
	case in.State == v1alpha1.UserSuspended:
		status.Ready(u, v1alpha1.ReasonSuspended, "suspended: the user is listed, but has no access")
	default:
		setActive(u, s.facts.Organization, in)
	}
}

// setPending says how a user stands who has not accepted. Usher has done its part when the mail is out; the rest is up to the
// person.
func setPending(u *v1alpha1.OrgUser, o *v1alpha1.OnboardingStatus) {
	switch {
	case onboarding.AwaitsPlatform(o):
		status.Progressing(u, v1alpha1.ReasonAwaitingMail, fmt.Sprintf("a mail is waiting to be sent, %s (last error: %s)",
			onboarding.PlatformTrouble, o.Mail.LastError))
	case onboarding.AwaitsBudget(o) && u.Labels[v1alpha1.LabelInvitation] == "": // an Invitation says it itself, once for all
		status.Progressing(u, v1alpha1.ReasonBudgetReached, wording.AwaitingBudget(1, o.Mail.Budget, o.Mail.NextAttemptTime.Time))
	case onboarding.AwaitsInvitation(o) && !repeats(u, o):
		status.Progressing(u, v1alpha1.ReasonAwaitingMail, "the invitation is about to be sent")
	case onboarding.Open(o.State):
		status.Ready(u, v1alpha1.ReasonAwaitingAcceptance, "invited; waiting for the person to accept")
	default:
		otherwise := "delete the OrgUser"
		if name := u.Labels[v1alpha1.LabelInvitation]; name != "" {
			otherwise = fmt.Sprintf("remove the address from the Invitation %q", name)
		}
		status.Stalled(u, v1alpha1.ReasonNotInvited, fmt.Sprintf(
			"the person cannot accept: the invitation is %s. Send it again with the annotation %s on the OrgUser, or %s",
			o.State, v1alpha1.AnnotationResend, otherwise))
	}
}

// repeats reports whether a mail of an Invitation that is about to be sent repeats an earlier one, and nothing keeps it back. The
// Invitation says so, once for all: for each of thousands who are invited again, it would be two writes.
func repeats(u *v1alpha1.OrgUser, o *v1alpha1.OnboardingStatus) bool {
	return o != nil && u.Labels[v1alpha1.LabelInvitation] != "" && o.SendCount > 1 && onboarding.Queued(o) && o.Mail.LastError == "" &&
		o.Mail.Budget == ""
}

// setActive says how a user stands who is in force.
func setActive(u *v1alpha1.OrgUser, o *v1alpha1.Organization, in effective.InForce) {
	switch {
	case in.AwaitingLedger && effective.LedgerFull(o):
		status.Stalled(u, v1alpha1.ReasonTooManyAdministrators, fmt.Sprintf(
			"organization %q has %d administrators in force, which is the maximum: this user becomes one once another one is removed",
			u.Namespace, len(o.Status.Administrators)))
	case in.AwaitingLedger:
		status.Progressing(u, v1alpha1.ReasonAwaitingLedger, "waiting to be added to the organization's list of administrators")
	case effective.IsLimited(u):
		status.Ready(u, v1alpha1.ReasonLimited,
			"a Limited account has no role, access or seats. Set spec.access to Full to grant the person what the spec requests")
	case in.LacksWorkspace:
		status.Stalled(u, v1alpha1.ReasonWorkspaceRequired, fmt.Sprintf(
			"organization %q requires everybody to be in a workspace, and this person is in none: name one in spec.workspaces, or list "+
				"the person's address or one of their groups in spec.members of a Workspace", u.Namespace))
	case in.OmittedWorkspaces > 0:
		status.Stalled(u, v1alpha1.ReasonTooManyWorkspaces, fmt.Sprintf(
			"the user has access to %d workspaces, and the status has no room for %d more, which are not in force: remove the user from "+
				"workspaces that the user does not need", len(in.Workspaces), in.OmittedWorkspaces))
	case in.OmittedGroups > 0:
		status.Stalled(u, v1alpha1.ReasonTooManyGroups, fmt.Sprintf(
			"the user is in %d groups, and %d more are not in force: remove the user's address from OrgGroups that the user does not need",
			len(in.Groups), in.OmittedGroups))
	case len(in.AwaitingSeats) > 0 && o != nil:
		setAwaitingSeats(u, o, in.AwaitingSeats)
	case len(in.MissingWorkspaces) > 0:
		status.Progressing(u, v1alpha1.ReasonWorkspacesMissing, fmt.Sprintf(
			"these workspaces do not exist or have no namespace yet: %s", wording.Some(in.MissingWorkspaces)))
	default:
		status.Ready(u, v1alpha1.ReasonReady, "the spec is in force")
	}
}
