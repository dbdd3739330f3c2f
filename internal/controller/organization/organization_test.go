// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("A pass over an organization", func() {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Group: rbacv1.GroupName, Resource: "x"}, "x", errors.New("not held"))
	acme := builders.Organization("acme").Delegate("argo", v1alpha1.RoleTechnician).Delegate("flux", v1alpha1.RoleTechnician).
		With(func(o *v1alpha1.Organization) {
			o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
		})

	bindingOf := func(delegate string) string {
		return "usher-" + rolebinding.DelegateHolder(acme.Obj(), delegate).Name + "-usher-technician"
	}

	var result ctrl.Result

	// pass makes a pass over acme, which has an active administrator to enter in the ledger, while the API server refuses to apply what
	// is named. It returns the organization, the names that were applied, and the error of the pass.
	pass := func(ctx context.Context, refused map[string]error, beside ...client.Object) (o *v1alpha1.Organization, applied []string, failed error) {
		GinkgoHelper()
		ana := builders.OrgUser("acme", "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		ana.Status.State = v1alpha1.UserActive
		o = acme.Obj()
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		b := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(o).WithObjects(append(beside, o, ana)...).WithInterceptorFuncs(interceptor.Funcs{
			Apply: func(_ context.Context, _ client.WithWatch, config runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
				named, is := config.(interface{ GetName() *string })
				Expect(is).To(BeTrue())
				if err := refused[*named.GetName()]; err != nil {
					return err
				}
				applied = append(applied, *named.GetName())
				return nil
			},
		})
		Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		c := b.Build()
		r := New(c, lookup.New(c, effective.IntakeDomains{}), lookup.NewAPIReader(c), events.NewFakeRecorder(10),
			"system:serviceaccount:usher-system:usher-portal", 0, time.Now)
		Expect(c.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		result, failed = r.Reconcile(ctx, o)
		Expect(c.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		Expect(o.Status.Administrators).To(ConsistOf("ana"), "the ledger is written, whatever fails")
		Expect(o.Status.Users.Active).To(HaveValue(BeEquivalentTo(1)), "users are counted, whatever fails")
		return o, applied, failed
	}

	It("DIR-4 says which groups and modules spec.directory names that do not exist, and is Ready", func(ctx context.Context) {
		plain := acme
		DeferCleanup(func() { acme = plain })
		acme = builders.Organization("acme").With(func(o *v1alpha1.Organization) {
			o.Spec.Directory.Roles = []v1alpha1.GroupRole{{Group: "leads", Role: v1alpha1.RoleUserAdmin}}
			o.Spec.Directory.Modules = []v1alpha1.GroupModules{{Group: "leads", Modules: []v1alpha1.ObjectName{"fax"}}}
		})
		o, _, err := pass(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(o).To(And(matchers.BeReady(), HaveField("Status.Conditions", ContainElement(And(HaveField("Type", "DirectoryNamesExist"),
			HaveField("Status", metav1.ConditionFalse), HaveField("Message", And(ContainSubstring(`there is no OrgGroup "leads"`),
				HaveSuffix(`; spec.directory.modules: the organization's subscription has no module "fax"`))))))))
		o, _, err = pass(ctx, nil, builders.OrgUser("acme", "sam").Groups("leads").Obj())
		Expect(err).NotTo(HaveOccurred())
		Expect(o.Status.Conditions).To(ContainElement(HaveField("Message", Equal(`spec.directory.modules: the organization's subscription has no module "fax"`))))
	})

	It("WXP-5 grants delegates and the payment details, and is Ready", func(ctx context.Context) {
		o, applied, err := pass(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(applied).To(ConsistOf(bindingOf("argo"), bindingOf("flux"), rolebinding.PaymentRole))
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReady, "Ready"))
	})

	It("WXP-5 says whose binding is refused, and grants the others theirs", func(ctx context.Context) {
		o, applied, err := pass(ctx, map[string]error{bindingOf("argo"): forbidden})
		Expect(err).To(MatchError(ContainSubstring(`delegate "argo": RoleBinding ` + bindingOf("argo") + ` in namespace acme`)))
		Expect(applied).To(ConsistOf(bindingOf("flux"), rolebinding.PaymentRole))
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
		Expect(o.Status.Conditions[0].Message).To(Equal(err.Error()))
	})

	It("ORG-6 says that the Role for payment details is refused, and grants delegates their bindings", func(ctx context.Context) {
		o, applied, err := pass(ctx, map[string]error{rolebinding.PaymentRole: forbidden})
		Expect(err).To(MatchError(ContainSubstring("the Role usher-payment in namespace acme")))
		Expect(applied).To(ConsistOf(bindingOf("argo"), bindingOf("flux")))
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
	})

	It("does not show a conflict on a binding, which leads to another pass soon", func(ctx context.Context) {
		conflict := apierrors.NewConflict(schema.GroupResource{Group: rbacv1.GroupName, Resource: "x"}, "x", errors.New("changed"))
		o, applied, err := pass(ctx, map[string]error{bindingOf("argo"): conflict})
		Expect(err).NotTo(HaveOccurred())
		Expect(applied).To(ConsistOf(bindingOf("flux"), rolebinding.PaymentRole))
		Expect(o).To(matchers.Stand(v1alpha1.ConditionReady, "Ready"))
		Expect(result).To(Equal(ctrl.Result{RequeueAfter: requeue.Soon}))
	})

	It("WXP-5 shows of a conflict and a refusal only the refusal", func(ctx context.Context) {
		conflict := apierrors.NewConflict(schema.GroupResource{Group: rbacv1.GroupName, Resource: "x"}, "x", errors.New("changed"))
		o, _, err := pass(ctx, map[string]error{bindingOf("argo"): conflict, bindingOf("flux"): forbidden})
		Expect(err).To(MatchError(HavePrefix(`delegate "flux": `)))
		Expect(o.Status.Conditions[0].Message).To(And(ContainSubstring("flux"), Not(ContainSubstring("argo"))))
	})

	It("DIR-2 makes the directory work while it has a token", func(ctx context.Context) {
		tokens := &corev1.Secret{}
		tokens.Namespace, tokens.Name = "acme", v1alpha1.DirectoryTokensSecret
		bindings := []string{"usher-directory-usher-directory", "usher-directory-door-usher-directory-door"}
		_, applied, err := pass(ctx, nil, tokens)
		Expect(err).NotTo(HaveOccurred())
		Expect(applied).NotTo(ContainElements(bindings), "there is no token")
		tokens.Data = map[string][]byte{"entra": nil}
		_, applied, err = pass(ctx, nil, tokens)
		Expect(err).NotTo(HaveOccurred())
		Expect(applied).To(ContainElements(bindings))
		_, _, err = pass(ctx, map[string]error{bindings[0]: forbidden}, tokens)
		Expect(err).To(MatchError(ContainSubstring("the directory: RoleBinding " + bindings[0])))
	})
})
