// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// An identity provider whose source is gone sends everything at once, to whichever replica the load balancer chooses.
var _ = Describe("DIR-4 a directory that goes mad", Ordered, func() {
	const people, limit = 8, 5
	var (
		org      string
		replicas [2]identityProvider
		ids      []string
		o        *v1alpha1.Organization
		helpdesk *v1alpha1.OrgGroup
	)
	stopped := HaveCondition(v1alpha1.ConditionDirectoryWithinThreshold, metav1.ConditionFalse, v1alpha1.ReasonDirectoryStopped)
	// refused is what the identity provider's log shows.
	refused := func(a answer) {
		GinkgoHelper()
		Expect(a.Status).To(Equal(http.StatusConflict), a.detail())
		Expect(a.detail()).To(And(HavePrefix(fmt.Sprintf("the directory wanted to suspend or delete more than %d people within 24 hours, or", limit)),
			ContainSubstring("kubectl usher directory allow -n "+org)))
	}
	// take suspends a person, or deletes them.
	take := func(ctx context.Context, n int) answer {
		GinkgoHelper()
		if n%4 < 2 {
			return replicas[n%2].send(ctx, http.MethodDelete, "/Users/"+ids[n], nil)
		}
		return replicas[n%2].set(ctx, ids[n], map[string]any{"active": "False"})
	}
	// empty takes everybody out of the group.
	empty := func(ctx context.Context) answer {
		GinkgoHelper()
		return replicas[1].send(ctx, http.MethodPatch, "/Groups/"+helpdesk.Name,
			map[string]any{"Operations": []any{map[string]any{"op": "remove", "path": "members"}}})
	}
	members := func(n int) OmegaMatcher { return HaveField("Spec.Members", HaveLen(n)) }
	allow := func(ctx context.Context) {
		GinkgoHelper()
		var kubeconfig string
		for _, variable := range env.KubectlEnv() {
			if path, is := strings.CutPrefix(variable, "KUBECONFIG="); is {
				kubeconfig = path
			}
		}
		var out, wrong bytes.Buffer
		code := cli.Run(ctx, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &wrong},
			[]string{"directory", "allow", "-n", org, "--kubeconfig", kubeconfig, "--as", "ana@" + org + ".example"})
		Expect(code).To(BeZero(), wrong.String())
		Expect(out.String()).To(ContainSubstring("can suspend and delete as many people as it wants until"))
		Eventually(get(ctx, o)).ShouldNot(stopped)
	}

	BeforeAll(func(ctx context.Context) {
		org = organization(ctx)
		o = &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		first, _ := directoryOf(ctx, org)
		replicas = [2]identityProvider{first, {strings.Replace(first.url, usher.PortalURL, anotherPortal(ctx), 1), first.token}}
		listed := []any{}
		for n := range people {
			made := replicas[n%2].post(ctx, fmt.Sprintf("e%d", n), fmt.Sprintf("p%d@%s.example", n, org))
			Expect(made.Status).To(Equal(http.StatusCreated), made.detail())
			ids, listed = append(ids, made.id()), append(listed, map[string]any{"value": made.id()})
		}
		create(ctx, builders.Workspace(org, "support").Group("helpdesk", v1alpha1.WorkspaceView).Obj())
		made := first.send(ctx, http.MethodPost, "/Groups", map[string]any{"displayName": "Helpdesk", "members": listed})
		Expect(made.Status).To(Equal(http.StatusCreated), made.detail())
		helpdesk = &v1alpha1.OrgGroup{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: made.id()}}
		Eventually(get(ctx, helpdesk)).Should(HaveField("Status.Workspaces", HaveLen(1)))
		Eventually(get(ctx, o)).Should(HaveField("Status.Directory.People", HaveValue(BeEquivalentTo(people))))
	})

	It("is stopped when it empties a group that opens a workspace, until an administrator allows it", func(ctx context.Context) {
		refused(empty(ctx))
		refused(replicas[0].send(ctx, http.MethodDelete, "/Groups/"+helpdesk.Name, nil))
		refused(take(ctx, 0))
		Eventually(get(ctx, o)).Should(stopped)
		Expect(get(ctx, helpdesk)(NewGomega(Fail))).To(members(people))
		allow(ctx)
		Expect(empty(ctx).Status).To(Equal(http.StatusOK))
		refill := []any{}
		for _, id := range ids {
			refill = append(refill, map[string]any{"value": id})
		}
		Expect(replicas[0].send(ctx, http.MethodPatch, "/Groups/"+helpdesk.Name, map[string]any{"Operations": []any{
			map[string]any{"op": "add", "path": "members", "value": refill},
		}}).Status).To(Equal(http.StatusOK))
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Directory.Protection.AllowUntil = nil })
	})

	It("is stopped when it deletes and suspends people, in words for its log, until an administrator allows it", func(ctx context.Context) {
		Eventually(get(ctx, helpdesk)).Should(HaveField("Status.Members", HaveValue(BeEquivalentTo(people))))
		for n := range people {
			if a := take(ctx, n); n < limit {
				Expect(a.Status).To(BeElementOf(http.StatusOK, http.StatusNoContent), a.detail())
			} else {
				refused(a)
			}
		}
		Eventually(get(ctx, o)).Should(And(stopped, BeReady()))
		Eventually(func(g Gomega) []corev1.Event {
			var events corev1.EventList
			g.Expect(env.Client.List(ctx, &events, client.InNamespace(org))).To(Succeed())
			return events.Items
		}).Should(ContainElement(And(HaveField("Reason", v1alpha1.ReasonDirectoryStopped), HaveField("InvolvedObject.Kind", "Organization"))))
		refused(empty(ctx))
		Expect(replicas[1].post(ctx, "e-new", "new@"+org+".example").Status).To(Equal(http.StatusCreated), "it gives what it likes")

		allow(ctx)
		for n := limit; n < people; n++ {
			Expect(take(ctx, n).Status).To(BeElementOf(http.StatusOK, http.StatusNoContent))
		}
		Expect(empty(ctx).Status).To(Equal(http.StatusOK))
		Eventually(get(ctx, helpdesk)).Should(members(0))
		Eventually(get(ctx, o)).Should(HaveField("Status.Directory", And(HaveField("Removals", BeEmpty()), HaveField("StoppedTime", BeNil()))))
	})
})
