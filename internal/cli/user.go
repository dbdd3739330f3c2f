// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/wording"
)

func newUser(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "user NAME|ADDRESS",
		Short:             "Show everything about one user",
		GroupID:           groupFind,
		Long:              "Show one user: state, role, workspaces and their sources, modules, invitation and mail, events.",
		Example:           examples("user marta", "user marta@acme.example"),
		Args:              between(1, 1),
		ValidArgsFunction: t.completeUser,
	}
	o := addOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		s, u, err := t.connectTo(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if o.isObject() {
			return o.printObject(t.streams, u)
		}
		return t.showUser(cmd.Context(), s, u)
	}
	return cmd
}

// page writes a page of named values, and tables below their titles.
type page struct {
	w   io.Writer
	err error
}

func (p *page) line(label, value string) {
	if value != "" && p.err == nil {
		_, p.err = fmt.Fprintf(p.w, "%-14s %s\n", label+":", oneLine(value))
	}
}

func (p *page) table(title string, t table) {
	if len(t.rows) == 0 || p.err != nil {
		return
	}
	if _, p.err = fmt.Fprintf(p.w, "%s:\n", title); p.err == nil {
		p.err = t.print(p.w, "  ", true)
	}
}

func (t *tool) showUser(ctx context.Context, s *session, u *v1alpha1.OrgUser) error {
	namespaces, err := s.namespacesOfWorkspaces(ctx)
	if err != nil {
		return err
	}
	p := &page{w: t.streams.Out}
	p.line("Name", u.Name)
	p.line("Person", fmt.Sprintf("%s <%s>", people.NameOf(u), effective.EmailOf(u)))
	p.line("State", string(u.Status.State))
	p.line("Role", inForceOrRequested(string(u.Status.Role), string(effective.RequestedRole(u)))+byGroupNote(u))
	p.line("Access", limitedNote(u))
	p.line("User name", u.Status.Username)
	p.line("Phone", string(u.Spec.Phone))
	p.line("Groups", joined(effective.KnownGroups(u)))
	p.line("Last active", t.lastActive(u))
	p.line("Created", u.CreationTimestamp.UTC().Format(timeFormat))
	if change := u.Status.EmailChange; change != nil {
		p.line("New address", fmt.Sprintf("%s, not in force yet", change.Email))
	}
	if effective.AsksToLeave(u) {
		p.line("Asks to leave", "since "+u.Status.LeaveRequestTime.UTC().Format(timeFormat))
	}
	p.line("Ready", readyLine(u.Status.Conditions))
	p.table("Workspaces", workspaceTable(u, namespaces))
	p.table("Modules", moduleTable(u))
	if p.err != nil {
		return p.err
	}
	if err := t.showInvitation(ctx, s, u, p); err != nil {
		return err
	}
	return t.showEvents(ctx, s, u, p)
}

// timeFormat is the form of a time in pages.
const timeFormat = "2006-01-02T15:04:05Z"

func inForceOrRequested(inForce, requested string) string {
	switch inForce {
	case requested:
		return inForce
	case "":
		return requested + " (requested, not in force)"
	}
	return fmt.Sprintf("%s (%s is requested)", inForce, requested)
}

// byGroupNote says which group gives the role, if one does.
func byGroupNote(u *v1alpha1.OrgUser) string {
	if role := effective.RequestedRole(u); role == u.Spec.Role || role != u.Status.ByGroup.Role {
		return ""
	}
	return ", given by the group " + u.Status.ByGroup.Group
}

func limitedNote(u *v1alpha1.OrgUser) string {
	if effective.IsLimited(u) {
		return "Limited: no role, no workspaces and no seats in force"
	}
	return ""
}

func (t *tool) lastActive(u *v1alpha1.OrgUser) string {
	at, ever := people.LastActive(u)
	if !ever {
		return u.Status.LastActive
	}
	return fmt.Sprintf("%s (%s)", at.UTC().Format(timeFormat), t.since(u))
}

func readyLine(conditions []metav1.Condition) string {
	c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if c == nil {
		return "Unknown: the operator has not seen the object yet"
	}
	if c.Message == "" {
		return fmt.Sprintf("%s (%s)", c.Status, c.Reason)
	}
	return fmt.Sprintf("%s (%s): %s", c.Status, c.Reason, c.Message)
}

// namespacesOfWorkspaces maps the names of workspaces to their namespaces.
func (s *session) namespacesOfWorkspaces(ctx context.Context) (map[string]string, error) {
	workspaces, err := s.workspaces(ctx, s.namespace)
	if err != nil {
		return nil, err
	}
	namespaces := make(map[string]string, len(workspaces))
	for _, w := range workspaces {
		namespaces[w.Name] = w.Status.Namespace
	}
	return namespaces, nil
}

// workspaceTable lists the workspaces in force with their origins, and those that are requested only.
func workspaceTable(u *v1alpha1.OrgUser, namespaces map[string]string) table {
	t := table{header: []string{"NAME", "ACCESS", "NAMESPACE", "FROM"}}
	inForce := map[string]bool{}
	for _, grant := range u.Status.Workspaces {
		inForce[grant.Name] = true
		from := make([]string, 0, len(grant.Origins))
		for _, origin := range grant.Origins {
			from = append(from, originLabel(u, origin))
		}
		t.add(grant.Name, string(grant.Access), orNone(namespaces[grant.Name]), strings.Join(from, ", "))
	}
	for _, grant := range u.Spec.Workspaces {
		if !inForce[string(grant.Name)] {
			t.add(string(grant.Name), string(grant.Access), orNone(namespaces[string(grant.Name)]), "requested, not in force")
		}
	}
	return t
}

// originLabel names a source of access.
func originLabel(u *v1alpha1.OrgUser, origin v1alpha1.GrantOrigin) string {
	switch origin.Source {
	case v1alpha1.GrantedByRole:
		return "role " + string(u.Status.Role)
	case v1alpha1.GrantedByUser:
		return "own list"
	case v1alpha1.GrantedByGroup:
		return "group " + origin.Group
	default:
		return "workspace's members"
	}
}

func moduleTable(u *v1alpha1.OrgUser) table {
	t := table{header: []string{"NAME", "SEAT"}}
	requested := effective.RequestedModules(u)
	for _, module := range requested {
		seat := "none"
		if slices.Contains(u.Status.Modules, module) {
			seat = "in force"
		}
		t.add(string(module), seat)
	}
	for _, module := range u.Status.Modules {
		if !slices.Contains(requested, module) {
			t.add(string(module), "leaving")
		}
	}
	return t
}

// onboardingOf returns a person's way into the organization, and the object that keeps it. Nil: nobody has invited them.
func (s *session) onboardingOf(ctx context.Context, u *v1alpha1.OrgUser) (*v1alpha1.OnboardingStatus, string, error) {
	if u.Status.Onboarding != nil {
		return u.Status.Onboarding, "OrgUser " + u.Name, nil
	}
	invitation := u.Labels[v1alpha1.LabelInvitation]
	if invitation == "" {
		return nil, "", nil
	}
	i := &v1alpha1.Invitation{}
	err := s.Get(ctx, client.ObjectKey{Namespace: u.Namespace, Name: invitation}, i)
	if apierrors.IsNotFound(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	for n := range i.Status.Recipients {
		if r := &i.Status.Recipients[n]; emailaddr.Same(string(r.Email), string(effective.EmailOf(u))) {
			return &r.OnboardingStatus, "Invitation " + i.Name, nil
		}
	}
	return nil, "", nil
}

func (t *tool) showInvitation(ctx context.Context, s *session, u *v1alpha1.OrgUser, p *page) error {
	onboarding, where, err := s.onboardingOf(ctx, u)
	if err != nil || onboarding == nil {
		return err
	}
	p.line("Invitation", fmt.Sprintf("%s, sent %s, in %s", onboarding.State, times(onboarding.SendCount), where))
	p.line("Invited by", u.Status.InvitedBy)
	if onboarding.AcceptanceTime != nil {
		p.line("Accepted", onboarding.AcceptanceTime.UTC().Format(timeFormat))
	} else if onboarding.ExpirationTime != nil {
		p.line("Link expires", onboarding.ExpirationTime.UTC().Format(timeFormat))
	}
	p.line("Mail", mailLine(onboarding.Mail))
	return p.err
}

func times(n int32) string { return wording.Count(n, "time", "times") }

func mailLine(m *v1alpha1.MailStatus) string {
	if m == nil {
		return ""
	}
	line := fmt.Sprintf("%s, %s", m.Kind, m.State)
	if m.LastError != "" {
		line += fmt.Sprintf(" after %s: %s", wording.Count(m.Attempts, "attempt", "attempts"), m.LastError)
	}
	return line
}

// maxEvents is how many of the latest events a page shows.
const maxEvents = 5

func (t *tool) showEvents(ctx context.Context, s *session, u *v1alpha1.OrgUser, p *page) error {
	list := &corev1.EventList{}
	err := s.List(ctx, list, client.InNamespace(u.Namespace), client.MatchingFields{"involvedObject.uid": string(u.UID)})
	if apierrors.IsForbidden(err) {
		return nil // the rest of the page is worth something without
	}
	if err != nil {
		return err
	}
	events := list.Items
	slices.SortFunc(events, func(a, b corev1.Event) int { return eventTime(&b).Compare(eventTime(&a).Time) })
	events = events[:min(len(events), maxEvents)]
	slices.Reverse(events)
	shown := table{header: []string{"AGE", "TYPE", "REASON", "NOTE"}}
	for n := range events {
		e := &events[n]
		shown.add(t.age(eventTime(e)), e.Type, e.Reason, e.Message)
	}
	p.table("Events", shown)
	return p.err
}

// eventTime returns when an event was last seen.
func eventTime(e *corev1.Event) metav1.Time {
	if e.Series != nil {
		return metav1.Time{Time: e.Series.LastObservedTime.Time}
	}
	return cmp.Or(e.LastTimestamp, metav1.Time{Time: e.EventTime.Time}, e.CreationTimestamp)
}
