// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package running

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/meters"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// configuration is the file of an operator.
type configuration struct {
	path    string
	content *config.UsherConfiguration
}

// change changes the file, in one step, as the kubelet does.
func (c *configuration) change(change func(*config.UsherConfiguration)) {
	GinkgoHelper()
	change(c.content)
	text, err := yaml.Marshal(c.content)
	Expect(err).NotTo(HaveOccurred())
	c.write(string(text))
}

func (c *configuration) write(text string) {
	GinkgoHelper()
	Expect(os.WriteFile(c.path+".new", []byte(text), 0o600)).To(Succeed())
	Expect(os.Rename(c.path+".new", c.path)).To(Succeed())
}

// startConfigured runs an operator that is configured by a file, until the end of the spec.
func startConfigured(ctx context.Context, changes ...func(*config.UsherConfiguration)) (*configuration, *operator.Operator) {
	GinkgoHelper()
	c := &configuration{path: filepath.Join(GinkgoT().TempDir(), "usher.yaml"), content: config.Default()}
	read := func() (setup.Options, error) {
		o, err := setup.LoadOptions(c.path)
		o.Namespace, o.SkipNameValidation, o.Propagation = operator.Namespace, true, testPropagation
		return o, err
	}
	usher := startOperator(ctx, func(o *setup.Options) {
		c.change(func(f *config.UsherConfiguration) {
			f.Webhooks.Host, f.Webhooks.Port, f.Webhooks.DNSNames = o.WebhookHost, o.WebhookPort, o.WebhookDNSNames
			f.Health.BindAddress, f.Metrics.BindAddress = o.HealthAddress, "0"
			f.Portal.BindAddress, f.Portal.URL, f.Portal.RequestsPerSecond = o.PortalAddress, o.PortalURL, -1
			f.Mail.From, f.Mail.SMTP.Address, f.Mail.SMTP.TLS = o.Mail.From, o.Mail.Address, "None"
			f.Intake.BindAddress = o.IntakeAddress
			for _, change := range changes {
				change(f)
			}
		})
		var err error
		*o, err = read()
		Expect(err).NotTo(HaveOccurred())
		o.Reload, o.ReloadInterval = read, 50*time.Millisecond
	})
	return c, usher
}

// grantCluster lets somebody do everything that RBAC can allow, so that only the webhooks decide.
func grantCluster(ctx context.Context, kind, name string) {
	GinkgoHelper()
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "running-" + name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}},
	}
	Expect(env.Client.Create(ctx, binding)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(env.Client.Delete(ctx, binding)).To(Succeed()) })
}

var _ = Describe("OPS-1 the configuration of a running operator", func() {
	It("changes who belongs to the platform", func(ctx context.Context) {
		c, _ := startConfigured(ctx)
		org := organization(ctx)
		grantCluster(ctx, rbacv1.UserKind, "ops")
		grantCluster(ctx, rbacv1.GroupKind, "platform-team")
		attempt := func(as client.Client, name string) func() error {
			patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"displayName":"`+name+`"}}`))
			return func() error {
				return as.Patch(ctx, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}, patch)
			}
		}
		user, member := attempt(env.As("ops"), "One"), attempt(env.As("eva", "platform-team"), "Two")
		Eventually(user).Should(BeRefused(http.StatusForbidden, "ops"))
		Expect(member()).To(BeRefused(http.StatusForbidden, "eva"))
		c.change(func(f *config.UsherConfiguration) { f.Platform.Users = []string{"ops"} })
		Eventually(user).Should(Succeed())
		Expect(member()).To(BeRefused(http.StatusForbidden, "eva"))
		c.change(func(f *config.UsherConfiguration) {
			f.Platform.Users, f.Platform.Groups = nil, []string{"platform-team"}
		})
		Eventually(member).Should(Succeed())
		Expect(user()).To(BeRefused(http.StatusForbidden, "ops"))
	})

	It("changes what holds for workspaces that are there: labels, queues, mail domains", func(ctx context.Context) {
		c, _ := startConfigured(ctx)
		org := organization(ctx)
		desk := builders.Workspace(org, "desk").With(func(w *v1alpha1.Workspace) {
			w.Labels = map[string]string{v1alpha1.NamespaceLabelPrefix + "cost-center": "7"}
			w.Spec.Portal = &v1alpha1.CustomerPortal{
				Title: "Desk", QueueEmail: "desk@queue.test", IntakeEmail: v1alpha1.EmailAddress("desk@" + org + ".example"),
			}
		}).Obj()
		Expect(env.Client.Create(ctx, desk)).To(Succeed())
		Eventually(read(ctx, desk)).Should(
			HaveCondition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonQueueUnconfirmed))
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: desk.Status.Namespace}}
		Expect(read(ctx, namespace)(Default).Labels).NotTo(HaveKey("cost-center"))

		c.change(func(f *config.UsherConfiguration) { f.Namespaces.Labels = []string{"cost-center"} })
		Eventually(read(ctx, namespace)).Should(HaveField("Labels", HaveKeyWithValue("cost-center", "7")))
		c.change(func(f *config.UsherConfiguration) { f.Queues.Domains = []string{"queue.test"} })
		Eventually(read(ctx, desk)).Should(BeReady())
		c.change(func(f *config.UsherConfiguration) { f.Intake.Domains = []string{org + "=in." + org + ".example"} })
		Eventually(read(ctx, desk)).Should(HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonIntakeNotAllowed))
		c.change(func(f *config.UsherConfiguration) { f.Intake.Domains = []string{org + "=" + org + ".example"} })
		Eventually(read(ctx, desk)).Should(BeReady())
	})

	It("DIR-5 changes which groups of the identity provider have access", func(ctx context.Context) {
		c, _ := startConfigured(ctx)
		org := organization(ctx)
		desk := builders.Workspace(org, "desk").Group("desk", v1alpha1.WorkspaceView).Obj()
		group := builders.OrgGroup(org, "desk").IdentityGroup("ad:" + org + "-desk")
		Expect(env.Client.Create(ctx, desk)).To(Succeed())
		Expect(env.Client.Create(ctx, group.Obj())).To(BeRefused(http.StatusUnprocessableEntity, "allows no groups of an identity provider yet"))
		bindings := func(g Gomega) []rbacv1.RoleBinding {
			var list rbacv1.RoleBindingList
			g.Expect(env.Client.List(ctx, &list, client.InNamespace(org+"-desk"), client.HasLabels{v1alpha1.LabelGroup})).To(Succeed())
			return list.Items
		}

		c.change(func(f *config.UsherConfiguration) { f.Groups.IdentityPrefixes = []string{org + "=ad:" + org + "-"} })
		created := group.Obj()
		Eventually(func() error { return env.Client.Create(ctx, created) }).Should(Succeed())
		Eventually(bindings).Should(HaveExactElements(HaveField("Name", "usher-group:desk:view")))
		Eventually(read(ctx, created)).Should(BeReady())
		c.change(func(f *config.UsherConfiguration) { f.Groups.IdentityPrefixes = []string{"other=ad:" + org + "-"} })
		Eventually(bindings).Should(BeEmpty())
		Eventually(read(ctx, created)).Should(HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonIdentityGroupRefused))
	})

	It("changes how often the portal may be asked", func(ctx context.Context) {
		c, usher := startConfigured(ctx)
		visit := func() int {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, usher.PortalURL+"/i/none", http.NoBody)
			Expect(err).NotTo(HaveOccurred())
			response, err := http.DefaultClient.Do(request)
			Expect(err).NotTo(HaveOccurred())
			defer func() { _ = response.Body.Close() }()
			return response.StatusCode
		}
		for range 100 {
			Expect(visit()).NotTo(Equal(http.StatusTooManyRequests))
		}
		c.change(func(f *config.UsherConfiguration) { f.Portal.RequestsPerSecond = 0.001 })
		Eventually(visit).Should(Equal(http.StatusTooManyRequests))
		c.change(func(f *config.UsherConfiguration) { f.Portal.RequestsPerSecond = -1 })
		Eventually(visit).ShouldNot(Equal(http.StatusTooManyRequests))
	})

	It("stays when the file becomes invalid, which is told, and waits for a restart where it has to, which is told too", func(ctx context.Context) {
		c, _ := startConfigured(ctx)
		degraded := func() (float64, error) { return meters.Value("usher_feature_degraded", "configuration") }
		told := func(text string) {
			GinkgoHelper()
			var events corev1.EventList
			Eventually(func(g Gomega) {
				g.Expect(env.Client.List(ctx, &events, client.InNamespace(operator.Namespace))).To(Succeed())
				g.Expect(slices.Collect(func(yield func(string) bool) {
					for i := range events.Items {
						if !yield(events.Items[i].Message) {
							return
						}
					}
				})).To(ContainElement(ContainSubstring(text)))
			}).Should(Succeed())
		}
		good, err := os.ReadFile(c.path)
		Expect(err).NotTo(HaveOccurred())
		c.write(string(good) + "mial: {}\n")
		Eventually(degraded).Should(BeEquivalentTo(1))
		told(`the configuration that was read before stays in force: the configuration ` + c.path + `: unknown field "mial"`)
		c.write(string(good))
		Eventually(degraded).Should(BeEquivalentTo(0))

		org := organization(ctx)
		grantCluster(ctx, rbacv1.UserKind, "late")
		restart := func() (float64, error) { return meters.Value("usher_feature_degraded", "configuration-restart") }
		c.change(func(f *config.UsherConfiguration) {
			f.Mail.From, f.Platform.Users = "other@usher.example", []string{"late"}
		})
		Eventually(restart).Should(BeEquivalentTo(1))
		told("some of it takes effect after a restart: mail.from: kubectl -n usher-system rollout restart deployment")
		rename := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"displayName":"Late"}}`))
		ana := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "ana"}}
		Expect(env.As("late").Patch(ctx, ana, rename)).To(Succeed(), "what changes in place is in force")
		c.change(func(f *config.UsherConfiguration) { f.Mail.From = "usher@usher.example" })
		Eventually(restart).Should(BeEquivalentTo(0))
	})
})
