// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/meters"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// kubectl runs kubectl as the cluster administrator, and returns what it prints, warnings included.
func kubectl(ctx context.Context, input string, args ...string) string {
	GinkgoHelper()
	out, warnings, err := env.KubectlInput(ctx, input, args...)
	Expect(err).NotTo(HaveOccurred())
	return out + warnings
}

// ofServer are the lines of a list that the API server sets anew: what sed removes in docs/backup.md.
var ofServer = regexp.MustCompile(`(?m)^    (uid|resourceVersion): .*\n`)

// backUp returns the objects of an organization as docs/backup.md saves them.
func backUp(ctx context.Context, org string) string {
	GinkgoHelper()
	saved := kubectl(ctx, "", "get", "organizations,workspaces,orggroups,orgusers,invitations", "-n", org, "-o", "yaml")
	return ofServer.ReplaceAllString(saved, "")
}

// restore restores the objects with their status, as docs/backup.md does.
func restore(ctx context.Context, saved string) {
	GinkgoHelper()
	kubectl(ctx, saved, "create", "-f", "-")
	Expect(kubectl(ctx, saved, "replace", "--subresource=status", "-f", "-")).NotTo(ContainSubstring("Warning"))
}

// createPaused creates a paused namespace.
func createPaused(ctx context.Context, name string) {
	GinkgoHelper()
	create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Annotations: map[string]string{v1alpha1.AnnotationPaused: "true"},
	}})
}

// pauseOrganization pauses an organization, and waits until the operator knows.
func pauseOrganization(ctx context.Context, org string) {
	GinkgoHelper()
	risen := pausedSince()
	kubectl(ctx, "", "annotate", "namespace", org, v1alpha1.AnnotationPaused+"=true")
	Eventually(risen).Should(BeEquivalentTo(1))
}

// pausedSince returns a function that returns how many more organizations are paused than at this call, by the operator's metric.
func pausedSince() func() (float64, error) { return meters.Rises("usher_paused_organizations", "") }

func resumeOrganization(ctx context.Context, org string) {
	GinkgoHelper()
	kubectl(ctx, "", "annotate", "namespace", org, v1alpha1.AnnotationPaused+"-")
}

// deleteNamespaces deletes namespaces one after the other, and waits until each is gone. The organization's is the first: while its
// workspaces exist, Usher recreates their namespaces.
func deleteNamespaces(ctx context.Context, names ...string) {
	GinkgoHelper()
	for _, name := range names {
		Expect(client.IgnoreNotFound(env.Client.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))).To(Succeed())
		Eventually(func() error {
			return env.Client.Get(ctx, client.ObjectKey{Name: name}, &corev1.Namespace{})
		}).WithTimeout(time.Minute).Should(Satisfy(apierrors.IsNotFound))
	}
}

// writesIn returns the operator's writes in an organization since a time, including those in the namespaces of its workspaces.
func writesIn(ctx context.Context, org string, since time.Time) []testenv.AuditEvent {
	GinkgoHelper()
	return slices.DeleteFunc(writes(ctx, since), func(e testenv.AuditEvent) bool {
		of := e.ObjectRef.Namespace
		return of != org && !strings.HasPrefix(of, org+"-") && !strings.HasPrefix(e.ObjectRef.Name, org+"-")
	})
}

// standing describes how everything in an organization stands, one line for each fact that must survive a restore.
func standing(ctx context.Context, org string) func(Gomega) []string {
	return func(g Gomega) []string {
		lines := slices.Concat(organizationLines(ctx, g, org), userLines(ctx, g, org), invitationLines(ctx, g, org), bindingLines(ctx, g, org))
		slices.Sort(lines)
		return lines
	}
}

func organizationLines(ctx context.Context, g Gomega, org string) []string {
	o := get(ctx, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}})(g)
	lines := []string{fmt.Sprintf("organization: administrators %v, users %s, modules %s, contacts %+v, labels %v",
		o.Status.Administrators, toJSON(o.Status.Users), toJSON(o.Status.Modules), o.Status.Contacts, o.Labels)}
	var workspaces v1alpha1.WorkspaceList
	g.Expect(env.Client.List(ctx, &workspaces, client.InNamespace(org))).To(Succeed())
	for _, w := range workspaces.Items {
		lines = append(lines, fmt.Sprintf("workspace %s: namespace %q, members %s, devices %s, %s",
			w.Name, w.Status.Namespace, toJSON(w.Status.Members), toJSON(w.Status.Devices), readyOf(w.Status.Conditions)))
	}
	return lines
}

func userLines(ctx context.Context, g Gomega, org string) []string {
	var list v1alpha1.OrgUserList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(org))).To(Succeed())
	lines := make([]string, 0, len(list.Items))
	for _, u := range list.Items {
		lines = append(lines, fmt.Sprintf("user %s: %s %s %s, workspaces %s, modules %v, last active %s, onboarding %s, identity %s, labels %v, %s",
			u.Name, u.Status.State, u.Status.Role, u.Status.Username, toJSON(u.Status.Workspaces), u.Status.Modules, u.Status.LastActive,
			toJSON(u.Status.Onboarding), toJSON(u.Status.Identity), u.Labels, readyOf(u.Status.Conditions)))
	}
	return lines
}

func invitationLines(ctx context.Context, g Gomega, org string) []string {
	var list v1alpha1.InvitationList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(org))).To(Succeed())
	var lines []string
	for _, i := range list.Items {
		lines = append(lines, fmt.Sprintf("invitation %s: by %q, %v, %s, %s",
			i.Name, i.Spec.InvitedBy, i.Annotations, toJSON(i.Status.Summary), readyOf(i.Status.Conditions)))
		for _, r := range i.Status.Recipients {
			lines = append(lines, fmt.Sprintf("invitation %s: recipient %s", i.Name, toJSON(r)))
		}
	}
	return lines
}

func bindingLines(ctx context.Context, g Gomega, org string) []string {
	var list rbacv1.RoleBindingList
	g.Expect(env.Client.List(ctx, &list, client.MatchingLabels{v1alpha1.LabelOrganization: org})).To(Succeed())
	lines := make([]string, 0, len(list.Items))
	for _, b := range list.Items {
		lines = append(lines, fmt.Sprintf("binding %s/%s: %s to %v", b.Namespace, b.Name, b.RoleRef.Name, b.Subjects))
	}
	return lines
}

func toJSON(value any) string {
	GinkgoHelper()
	raw, err := json.Marshal(value)
	Expect(err).NotTo(HaveOccurred())
	return string(raw)
}

func readyOf(conditions []metav1.Condition) string {
	c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if c == nil {
		return "not Ready"
	}
	return fmt.Sprintf("Ready %s (%s: %s)", c.Status, c.Reason, c.Message)
}

// distinctStates returns the states of an organization's users and recipients.
func distinctStates(ctx context.Context, org string) (users []v1alpha1.UserState, recipients []v1alpha1.RecipientState) {
	GinkgoHelper()
	seenUsers, seenRecipients := map[v1alpha1.UserState]bool{}, map[v1alpha1.RecipientState]bool{}
	var people v1alpha1.OrgUserList
	Expect(env.Client.List(ctx, &people, client.InNamespace(org))).To(Succeed())
	for _, u := range people.Items {
		seenUsers[u.Status.State] = true
	}
	var invitations v1alpha1.InvitationList
	Expect(env.Client.List(ctx, &invitations, client.InNamespace(org))).To(Succeed())
	for _, i := range invitations.Items {
		for _, r := range i.Status.Recipients {
			seenRecipients[r.State] = true
		}
	}
	return slices.Collect(maps.Keys(seenUsers)), slices.Collect(maps.Keys(seenRecipients))
}
