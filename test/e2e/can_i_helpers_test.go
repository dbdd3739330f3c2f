// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// access is the ClusterRoles whose rules a person must have, in the organization's namespace and in the workspace's.
type access struct{ organization, space []string }

// change changes the access of a person and reverts that.
type change struct {
	// name is the name of the artifact; title says what changes.
	name, title    string
	apply, revert  func(context.Context)
	inForce, after access
}

// accessProbe checks the access of a person.
type accessProbe struct {
	username, organization, space string
	// folder is where the output of kubectl is kept.
	folder string
	// now is the access that the person had at the last check.
	now   access
	count int
	times []string
}

// prepareFolder empties the folder.
func (p *accessProbe) prepareFolder() {
	GinkgoHelper()
	Expect(os.RemoveAll(p.folder)).To(Succeed())
	Expect(os.MkdirAll(p.folder, 0o755)).To(Succeed())
}

// applyAndRevert makes a change and reverts it. At each point the person must have exactly the expected access.
func (p *accessProbe) applyAndRevert(ctx context.Context, c change) {
	GinkgoHelper()
	By(c.title)
	p.count++
	before := p.now
	out := "# " + c.title + "\n" + p.print(ctx, "before", before, c)
	began := time.Now()
	c.apply(ctx)
	inForce := p.awaitAccess(ctx, c.name+", in force", c.inForce, began)
	out += p.print(ctx, fmt.Sprintf("in force, after %d ms", inForce.Milliseconds()), c.inForce, c)
	began = time.Now()
	c.revert(ctx)
	after := p.awaitAccess(ctx, c.name+", reverted", c.after, began)
	out += p.print(ctx, fmt.Sprintf("reverted, after %d ms", after.Milliseconds()), c.after, c)
	p.times = append(p.times, fmt.Sprintf("%-22s in force %4d ms   reverted %4d ms", c.name, inForce.Milliseconds(), after.Milliseconds()))
	p.keep(fmt.Sprintf("%02d-%s.txt", p.count, c.name), out)
}

// awaitAccess waits until the person's rules in both namespaces are exactly those of the ClusterRoles, and returns the time
// since the beginning of the change.
func (p *accessProbe) awaitAccess(ctx context.Context, when string, wanted access, began ...time.Time) time.Duration {
	GinkgoHelper()
	at := append(began, time.Now())[0]
	for namespace, clusterRoles := range map[string][]string{p.organization: wanted.organization, p.space: wanted.space} {
		Eventually(func(g Gomega) {
			has, should := rulesOf(ctx, g, p.username, namespace), rulesFrom(ctx, g, namespace, clusterRoles)
			g.Expect(without(has, should)).To(BeEmpty(), "more than %v", clusterRoles)
			g.Expect(without(should, has)).To(BeEmpty(), "lacks some of %v", clusterRoles)
		}).WithPolling(5*time.Millisecond).Should(Succeed(), "%s: the rules in namespace %s", when, namespace)
	}
	p.now = wanted
	return time.Since(at)
}

// print runs kubectl as the person. Its output is for people to read; awaitAccess compares the rules.
func (p *accessProbe) print(ctx context.Context, when string, has access, c change) string {
	GinkgoHelper()
	namespaces := []string{p.space}
	if !slices.Equal(c.inForce.organization, c.after.organization) { // the change also affects this namespace
		namespaces = append(namespaces, p.organization)
	}
	var out strings.Builder
	for _, namespace := range namespaces {
		clusterRoles := has.space
		if namespace == p.organization {
			clusterRoles = has.organization
		}
		text, _, err := env.KubectlAs(ctx, p.username, "auth", "can-i", "--list", "-n", namespace)
		Expect(err).NotTo(HaveOccurred())
		_, _ = fmt.Fprintf(&out, "\n## %s: the rules of %v, in addition to those of every user\n$ kubectl auth can-i --list -n %s --as %s\n%s",
			when, clusterRoles, namespace, p.username, text)
	}
	return out.String()
}

// reportTimes reports the times.
func (p *accessProbe) reportTimes() {
	GinkgoHelper()
	text := strings.Join(p.times, "\n") + "\n"
	p.keep("times.txt", text)
	AddReportEntry("time from before the change until the API server reports it", text, ReportEntryVisibilityFailureOrVerbose)
}

func (p *accessProbe) keep(name, text string) {
	GinkgoHelper()
	Expect(os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600)).To(Succeed())
}

// rulesOf asks the API server, as the person, what the person may do, like kubectl does. It has one entry for each verb and
// resource.
func rulesOf(ctx context.Context, g Gomega, username, namespace string) map[string]bool {
	review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace}}
	g.Expect(env.As(username).Create(ctx, review)).To(Succeed())
	g.Expect(review.Status.EvaluationError).To(BeEmpty())
	g.Expect(review.Status.Incomplete).To(BeFalse())
	rules := map[string]bool{}
	for _, r := range review.Status.ResourceRules {
		addRule(rules, r.Verbs, r.APIGroups, r.Resources, r.ResourceNames)
	}
	return rules
}

// rulesFrom returns what a user without roles may do in the namespace, plus what the ClusterRoles grant.
func rulesFrom(ctx context.Context, g Gomega, namespace string, clusterRoles []string) map[string]bool {
	rules := rulesOf(ctx, g, "stranger@elsewhere.example", namespace)
	for _, name := range clusterRoles {
		for _, r := range grantedBy(ctx, g, namespace, name) {
			addRule(rules, r.Verbs, r.APIGroups, r.Resources, r.ResourceNames)
		}
	}
	return rules
}

// grantedBy returns the rules of a ClusterRole, or of a Role of the namespace if the name begins with "Role/".
func grantedBy(ctx context.Context, g Gomega, namespace, name string) []rbacv1.PolicyRule {
	if name, is := strings.CutPrefix(name, "Role/"); is {
		var role rbacv1.Role
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &role)).To(Succeed())
		return role.Rules
	}
	var clusterRole rbacv1.ClusterRole
	g.Expect(env.Client.Get(ctx, client.ObjectKey{Name: name}, &clusterRole)).To(Succeed())
	return clusterRole.Rules
}

// without returns the rules that are not in others, sorted.
func without(rules, others map[string]bool) []string {
	var only []string
	for rule := range rules {
		if !others[rule] {
			only = append(only, rule)
		}
	}
	slices.Sort(only)
	return only
}

func addRule(rules map[string]bool, verbs, groups, resources, names []string) {
	if len(names) == 0 {
		names = []string{"*"}
	}
	for _, verb := range verbs {
		for _, group := range groups {
			for _, resource := range resources {
				for _, name := range names {
					rules[strings.Join([]string{verb, group, resource, name}, " ")] = true
				}
			}
		}
	}
}
