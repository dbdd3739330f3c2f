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

// access is the ClusterRoles whose rules a person is to have: in the organization's namespace and in the workspace's.
type access struct{ organization, space []string }

// change gives somebody something and takes it away again.
type change struct {
	// name is that of the artifact; title says what is changed.
	name, title string
	give, take  func(context.Context)
	in, after   access
}

// watched is a person whose access is asked for.
type watched struct {
	username, organization, space string
	// folder takes what kubectl prints.
	folder string
	// now is the access that the person was last seen to have.
	now   access
	count int
	times []string
}

// begin makes room for what this run prints.
func (p *watched) begin() {
	GinkgoHelper()
	Expect(os.RemoveAll(p.folder)).To(Succeed())
	Expect(os.MkdirAll(p.folder, 0o755)).To(Succeed())
}

// through makes a change and takes it back. At each point the person has exactly the access that follows from it.
func (p *watched) through(ctx context.Context, c change) {
	GinkgoHelper()
	By(c.title)
	p.count++
	before := p.now
	out := "# " + c.title + "\n" + p.print(ctx, "before", before, c)
	began := time.Now()
	c.give(ctx)
	in := p.sees(ctx, c.name+", in force", c.in, began)
	out += p.print(ctx, fmt.Sprintf("in force, after %d ms", in.Milliseconds()), c.in, c)
	began = time.Now()
	c.take(ctx)
	after := p.sees(ctx, c.name+", taken back", c.after, began)
	out += p.print(ctx, fmt.Sprintf("taken back, after %d ms", after.Milliseconds()), c.after, c)
	p.times = append(p.times, fmt.Sprintf("%-22s in force %4d ms   taken back %4d ms", c.name, in.Milliseconds(), after.Milliseconds()))
	p.keep(fmt.Sprintf("%02d-%s.txt", p.count, c.name), out)
}

// sees waits until the person's rules in both namespaces are those of the ClusterRoles and no others, and gives how long
// it took from the beginning of the change.
func (p *watched) sees(ctx context.Context, when string, wanted access, began ...time.Time) time.Duration {
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

// print runs kubectl as the person. What it prints is for people to read; the rules themselves are compared elsewhere.
func (p *watched) print(ctx context.Context, when string, has access, c change) string {
	GinkgoHelper()
	namespaces := []string{p.space}
	if !slices.Equal(c.in.organization, c.after.organization) { // what happens there is of interest
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
		_, _ = fmt.Fprintf(&out, "\n## %s: what comes from %v, beside what everybody has\n$ kubectl auth can-i --list -n %s --as %s\n%s",
			when, clusterRoles, namespace, p.username, text)
	}
	return out.String()
}

// tell reports the times.
func (p *watched) tell() {
	GinkgoHelper()
	text := strings.Join(p.times, "\n") + "\n"
	p.keep("times.txt", text)
	AddReportEntry("time until the API server says so, from before the change", text, ReportEntryVisibilityFailureOrVerbose)
}

func (p *watched) keep(name, text string) {
	GinkgoHelper()
	Expect(os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o600)).To(Succeed())
}

// rulesOf asks the API server, as the person, what the person may do, as kubectl does: one entry for each verb and
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

// rulesFrom gives what a stranger may do in the namespace, and what the ClusterRoles grant beside.
func rulesFrom(ctx context.Context, g Gomega, namespace string, clusterRoles []string) map[string]bool {
	rules := rulesOf(ctx, g, "stranger@elsewhere.example", namespace)
	for _, name := range clusterRoles {
		for _, r := range grantedBy(ctx, g, namespace, name) {
			addRule(rules, r.Verbs, r.APIGroups, r.Resources, r.ResourceNames)
		}
	}
	return rules
}

// grantedBy gives the rules of a ClusterRole, or of a Role of the namespace if the name begins with "Role/".
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

// without gives the rules that others lack, sorted.
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
