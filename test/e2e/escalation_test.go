// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// What people read when they try to get more access than they have: the exact output of kubectl, with the names of the
// run's organization replaced by those of "acme". All of it is kept in .dev/artifacts/escalation.txt.
var _ = Describe("A user who tries to get more access", Ordered, ContinueOnFailure, func() {
	var (
		org, labs  string
		ana, sam   string // the administrator; a Member with the access Admin in the workspace "support"
		transcript strings.Builder
	)

	BeforeAll(func(ctx context.Context) {
		org = organization(ctx)
		labs = org + "-labs"
		ana, sam = "ana@"+org+".example", "sam@"+org+".example"
		create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: labs}}, builders.Organization(labs).Obj(),
			builders.OrgUser(org, "sam").Existing().Workspace("support", v1alpha1.WorkspaceAdmin).Obj(),
			builders.OrgUser(labs, "lea").Existing().Groups("helpdesk").Obj(),
			builders.Workspace(org, "support").Obj(),
			builders.Workspace(labs, "sales").Group("helpdesk", v1alpha1.WorkspaceEdit).Obj())
		awaitReady(ctx, builders.OrgUser(org, "sam").Obj())
		awaitReady(ctx, builders.OrgUser(labs, "lea").Obj())
		DeferCleanup(func() {
			path := filepath.Join(root(), ".dev", "artifacts", "escalation.txt")
			Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
			Expect(os.WriteFile(path, []byte(transcript.String()), 0o600)).To(Succeed())
		})
	})

	// acme replaces the names of the run's organization by those of "acme".
	acme := func(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, org, "acme")) }
	// kubectl runs kubectl as a user and returns what the user reads, and an error if the request was refused.
	kubectl := func(ctx context.Context, who, input string, args ...string) (string, error) {
		GinkgoHelper()
		out, errors, err := env.KubectlInput(ctx, input, append(args, "--as="+who)...)
		if input != "" {
			_, _ = fmt.Fprintf(&transcript, "$ kubectl %s <<<'%s'\n", acme(strings.Join(args, " ")+" --as "+who), acme(input))
		} else {
			_, _ = fmt.Fprintf(&transcript, "$ kubectl %s\n", acme(strings.Join(args, " ")+" --as "+who))
		}
		_, _ = fmt.Fprintf(&transcript, "%s\n\n", acme(errors+out))
		return acme(errors), err
	}
	// refused checks that a request is refused, and returns what the user reads.
	refused := func(ctx context.Context, who, input string, args ...string) string {
		GinkgoHelper()
		text, err := kubectl(ctx, who, input, args...)
		Expect(err).To(HaveOccurred(), "the request was accepted")
		return text
	}
	// done checks that a request is accepted, and returns the warnings that the user reads.
	done := func(ctx context.Context, who, input string, args ...string) string {
		GinkgoHelper()
		text, err := kubectl(ctx, who, input, args...)
		Expect(err).NotTo(HaveOccurred())
		return text
	}
	workspace := func(name, namespace string) string {
		return `{"apiVersion":"accounts.usher.dev/v1alpha1","kind":"Workspace","metadata":{"name":"` + name +
			`","namespace":"` + org + `"},"spec":{"namespace":"` + namespace + `"}}`
	}
	binding := func(name, labels, clusterRole string) string {
		return `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"` + name + `","namespace":"` + org +
			`-support","labels":{` + labels + `}},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"` + clusterRole +
			`"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"` + sam + `"}]}`
	}

	DescribeTable("GTA-3 cannot take a foreign namespace:", func(ctx context.Context, namespace, text string) {
		Expect(refused(ctx, ana, workspace("grab", strings.ReplaceAll(namespace, "acme", org)), "create", "-f", "-")).To(Equal(text))
	},
		Entry("with another prefix", "umbrella-sales",
			`The Workspace "grab" is invalid: spec.namespace: Invalid value: "umbrella-sales": must start with "acme-", the organization's prefix`),
		Entry("the namespace of an organization whose name begins with the name of one's own", "acme-labs", ofLabs("acme-labs")),
		Entry("a workspace of that organization", "acme-labs-sales", ofLabs("acme-labs-sales")),
		Entry("a namespace that such an organization may create later", "acme-labs-later", ofLabs("acme-labs-later")),
		Entry("a namespace of the cluster", "kube-system",
			`The Workspace "grab" is invalid: spec.namespace: Invalid value: "kube-system": must start with "acme-", the organization's prefix`),
		Entry("the namespace of the operator", "usher-system", `The Workspace "grab" is invalid: `+`
* spec.namespace: Invalid value: "usher-system": must start with "acme-", the organization's prefix
* spec.namespace: Invalid value: "usher-system": is the namespace that the operator runs in: set spec.namespace of workspace "grab" to another name that starts with "acme-"`),
	)

	It("GTA-3 cannot take a namespace of the cluster, whatever the name of the organization", func(ctx context.Context) {
		namespaceCalled(ctx, "kube")
		create(ctx, builders.Organization("kube").Obj(),
			builders.OrgUser("kube", "kim").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())
		awaitReady(ctx, builders.OrgUser("kube", "kim").Obj())
		for _, name := range []string{"system", "public"} {
			Expect(refused(ctx, "kim@kube.example", `{"apiVersion":"accounts.usher.dev/v1alpha1","kind":"Workspace","metadata":{"name":"`+name+
				`","namespace":"kube"}}`, "create", "-f", "-")).To(Equal(
				`The Workspace "` + name + `" is invalid: spec.namespace: Invalid value: "kube-` + name + `": namespaces that start with ` +
					`"kube-" belong to the cluster: organization "kube" cannot have workspaces; create the organization under another name`))
		}
	})

	It("GTA-10 cannot get a ClusterRole by a module without the platform team's label", func(ctx context.Context) {
		for clusterRole, why := range map[string]string{
			"cluster-admin": `ClusterRole "cluster-admin" belongs to the cluster itself, so Usher never binds it: name another one`,
			"usher-metrics-reader": `Usher may not bind ClusterRole "usher-metrics-reader": ask the platform team to run ` +
				"`kubectl label clusterrole usher-metrics-reader accounts.usher.dev/grantable=true`",
		} {
			patch := `{"spec":{"subscription":{"modules":[{"name":"root","seats":1,"clusterRoleName":"` + clusterRole + `"}]}}}`
			Expect(refused(ctx, ana, "", "patch", "organization", org, "-n", org, "--type=merge", "--patch="+patch)).To(Equal(
				`The Organization "acme" is invalid: spec.subscription.modules[0].clusterRoleName: Invalid value: "` + clusterRole + `": ` + why))
		}
		Expect(refused(ctx, ana, "", "label", "clusterrole", "cluster-admin", v1alpha1.LabelGrantable+"=true")).To(Equal(
			`Error from server (Forbidden): clusterroles.rbac.authorization.k8s.io "cluster-admin" is forbidden: User "ana@acme.example" ` +
				`cannot get resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope`))
	})

	It("ORG-15 gains nothing by being the administrator of another organization, even if RBAC allows the request", func(ctx context.Context) {
		lena := builders.OrgUser(labs, "lena").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		create(ctx, lena)
		awaitReady(ctx, lena)
		who := string(lena.Spec.Email)
		promote := []string{"patch", "orguser", "sam", "-n", org, "--type=merge", `--patch={"spec":{"role":"OrganizationAdmin"}}`}
		Expect(refused(ctx, who, "", "get", "orgusers", "-n", org)).To(ContainSubstring(`cannot list resource "orgusers"`))
		Expect(refused(ctx, who, "", promote...)).To(ContainSubstring(`cannot get resource "orgusers"`))
		mistake := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "mistake"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "usher-organization-admin"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: who}},
		}
		create(ctx, mistake)
		Eventually(can(ctx, who, "patch", "orgusers", org)).Should(BeTrue())
		none := "has no active account in organization \"acme\" and may not "
		Expect(refused(ctx, who, "", promote...)).To(ContainSubstring(none + "update users"))
		Expect(refused(ctx, who, "", "delete", "organization", org, "-n", org)).To(ContainSubstring(none + "delete the organization"))
		Expect(refused(ctx, who, workspace("theirs", org+"-theirs"), "create", "-f", "-")).To(ContainSubstring(none + "create workspaces"))
		Expect(env.Client.Delete(ctx, mistake)).To(Succeed())
	})

	It("LMI-9 gains nothing by a group name that another organization uses", func(ctx context.Context) {
		before := bindingsIn(ctx, labs+"-sales")
		Expect(done(ctx, ana, `{"apiVersion":"accounts.usher.dev/v1alpha1","kind":"Workspace","metadata":{"name":"desk","namespace":"`+org+
			`"},"spec":{"members":[{"group":"helpdesk","access":"Admin"}]}}`, "create", "-f", "-")).To(Equal(
			`Warning: spec.members: nobody is in the group "helpdesk" yet`))
		w := awaitReady(ctx, builders.Workspace(org, "desk").Obj())
		Expect(done(ctx, ana, "", "patch", "orguser", "sam", "-n", org, "--type=merge", `--patch={"spec":{"groups":["helpdesk"]}}`)).To(BeEmpty())
		Eventually(can(ctx, sam, "get", "secrets", w.Status.Namespace)).Should(BeTrue(), "in the user's own organization")
		Expect(can(ctx, sam, "get", "pods", labs+"-sales")(Default)).To(BeFalse(), "in the other organization")
		Expect(can(ctx, "lea@"+labs+".example", "get", "pods", w.Status.Namespace)(Default)).To(BeFalse())
		Expect(bindingsIn(ctx, labs+"-sales")).To(And(ContainElement("usher-lea-edit"), ConsistOf(before)))
	})

	It("cannot change Usher's RoleBindings or create similar ones", func(ctx context.Context) {
		usher := `RoleBindings with the label accounts.usher.dev/organization or app.kubernetes.io/managed-by=usher belong to Usher: change the OrgUser, the OrgGroup or the Workspace that gives the access`
		denied := `Error from server (Forbidden): rolebindings.rbac.authorization.k8s.io "%s" is forbidden: ValidatingAdmissionPolicy ` +
			`'usher-bindings' with binding 'usher-bindings' denied request: ` + usher
		at := []string{"-n", org + "-support"}
		Expect(refused(ctx, sam, "", append([]string{"delete", "rolebinding", "usher-ana-admin"}, at...)...)).
			To(Equal(fmt.Sprintf(denied, "usher-ana-admin")))
		Expect(refused(ctx, sam, "", append([]string{
			"patch", "rolebinding", "usher-ana-admin", "--type=merge",
			`--patch={"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"friend@elsewhere.example"}]}`,
		}, at...)...)).
			To(Equal(fmt.Sprintf(denied, "usher-ana-admin")))
		Expect(refused(ctx, sam, "", append([]string{"label", "rolebinding", "usher-ana-admin", v1alpha1.LabelOrganization + "-"}, at...)...)).
			To(Equal(fmt.Sprintf(denied, "usher-ana-admin")))
		Expect(refused(ctx, sam, binding("usher-sam-edit", `"`+v1alpha1.LabelOrganization+`":"`+org+`"`, "edit"), "create", "-f", "-")).
			To(Equal(strings.Replace(fmt.Sprintf(denied, "usher-sam-edit"), "(Forbidden): ", `(Forbidden): error when creating "STDIN": `, 1)))
	})

	It("cannot fill the operator's memory with RoleBindings that look like Usher's", func(ctx context.Context) {
		Expect(refused(ctx, sam, binding("ballast", `"app.kubernetes.io/managed-by":"usher"`, "view"), "create", "-f", "-")).To(
			ContainSubstring("app.kubernetes.io/managed-by=usher belong to Usher"))
		Expect(done(ctx, sam, binding("others", `"app.kubernetes.io/managed-by":"helm"`, "view"), "create", "-f", "-")).To(BeEmpty())
		Expect(refused(ctx, sam, "", "label", "rolebinding", "others", "-n", org+"-support", "app.kubernetes.io/managed-by=usher", "--overwrite")).To(
			ContainSubstring("app.kubernetes.io/managed-by=usher belong to Usher"))
	})

	It("cannot bind themselves to a role with more rights than their own", func(ctx context.Context) {
		Expect(refused(ctx, sam, binding("root", "", "cluster-admin"), "create", "-f", "-")).To(HavePrefix(
			`Error from server (Forbidden): error when creating "STDIN": rolebindings.rbac.authorization.k8s.io "root" is forbidden: ` +
				`user "sam@acme.example" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:`))
		Expect(can(ctx, sam, "patch", "namespaces", org+"-support")(Default)).To(BeFalse())
	})

	It("cannot make a namespace look like one of Usher's, or one of Usher's like any other", func(ctx context.Context) {
		Expect(refused(ctx, sam, "", "label", "namespace", org+"-support", v1alpha1.LabelWorkspace+"=mine", "--overwrite")).To(Equal(
			`Error from server (Forbidden): namespaces "acme-support" is forbidden: User "sam@acme.example" cannot patch resource ` +
				`"namespaces" in API group "" in the namespace "acme-support"`))
		// A user who may label namespaces, for quotas for example, may set all labels except these.
		labeller := "labeller@platform.example"
		mayLabel(ctx, labeller)
		for _, change := range [][]string{
			{org + "-support", v1alpha1.LabelWorkspace + "-"},
			{org + "-support", v1alpha1.LabelOrganization + "=" + labs},
			{"default", v1alpha1.LabelOrganization + "=" + org},
		} {
			Expect(refused(ctx, labeller, "", "label", "namespace", change[0], change[1], "--overwrite")).To(Equal(
				`Error from server (Forbidden): namespaces "` + acme(change[0]) + `" is forbidden: ValidatingAdmissionPolicy 'usher-namespaces' ` +
					`with binding 'usher-namespaces' denied request: labels accounts.usher.dev/… say which workspace owns a namespace: ` +
					`only Usher and cluster administrators may set, change or remove them. To get a namespace, create a Workspace`))
		}
		Expect(done(ctx, labeller, "", "label", "namespace", org+"-support", "team=blue")).To(BeEmpty())
	})

	It("GTA-14 sees settings restored after editing them", func(ctx context.Context) {
		settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: org + "-support", Name: "usher-settings"}}
		Eventually(get(ctx, settings)).Should(HaveField("Data", HaveKeyWithValue("sessionRecording", "Disabled")))
		Expect(done(ctx, sam, "", "patch", "configmap", settings.Name, "-n", settings.Namespace, "--type=merge",
			`--patch={"data":{"sessionRecording":"Enabled"}}`)).To(BeEmpty())
		Eventually(get(ctx, settings)).Should(HaveField("Data", HaveKeyWithValue("sessionRecording", "Disabled")))
		Expect(done(ctx, sam, "", "delete", "configmap", settings.Name, "-n", settings.Namespace)).To(BeEmpty())
		Eventually(get(ctx, settings)).Should(HaveField("Data", HaveKeyWithValue("sessionRecording", "Disabled")))
	})

	It("cannot write the status or their own account", func(ctx context.Context) {
		eva := builders.OrgUser(org, "eva").Role(v1alpha1.RoleUserAdmin).Existing().Obj()
		create(ctx, eva)
		awaitReady(ctx, eva)
		Expect(refused(ctx, string(eva.Spec.Email), "", "patch", "orguser", "eva", "-n", org, "--subresource=status", "--type=merge",
			`--patch={"status":{"role":"OrganizationAdmin"}}`)).To(Equal(
			`Error from server (Forbidden): orgusers.accounts.usher.dev "eva" is forbidden: User "eva@acme.example" cannot get ` +
				`resource "orgusers/status" in API group "accounts.usher.dev" in the namespace "acme"`))
		Expect(refused(ctx, sam, "", "patch", "orguser", "sam", "-n", org, "--type=merge", `--patch={"spec":{"role":"OrganizationAdmin"}}`)).To(Equal(
			`Error from server (Forbidden): orgusers.accounts.usher.dev "sam" is forbidden: User "sam@acme.example" cannot get ` +
				`resource "orgusers" in API group "accounts.usher.dev" in the namespace "acme"`))
	})
})

// ofLabs returns the refusal of a namespace that belongs to the organization "acme-labs".
func ofLabs(namespace string) string {
	return `The Workspace "grab" is invalid: spec.namespace: Invalid value: "` + namespace + `": belongs to organization "acme-labs", ` +
		`as do all namespaces that start with "acme-labs-": set spec.namespace of workspace "grab" to another name ` +
		`that starts with "acme-"`
}

// mayLabel grants a user the right to change namespaces, and nothing else.
func mayLabel(ctx context.Context, username string) {
	GinkgoHelper()
	clusterRole := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "labeller-"},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"get", "list", "patch", "update"},
		}},
	}
	create(ctx, clusterRole)
	create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: clusterRole.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: username}},
	})
	Eventually(can(ctx, username, "patch", "namespaces", "default")).Should(BeTrue())
}

// bindingsIn returns the names of the RoleBindings in a namespace.
func bindingsIn(ctx context.Context, namespace string) []string {
	var list rbacv1.RoleBindingList
	Expect(env.Client.List(ctx, &list, client.InNamespace(namespace))).To(Succeed())
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}
