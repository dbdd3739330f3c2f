// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestWebhooks(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Webhooks")
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		panic(err)
	}
	return scheme
}

// indexer adds the cache's indexes to a client without a cache.
type indexer struct{ *fake.ClientBuilder }

// IndexField implements client.FieldIndexer.
func (i indexer) IndexField(_ context.Context, object client.Object, field string, extract client.IndexerFunc) error {
	if _, ok := object.(interface{ GetConditions() *[]metav1.Condition }); ok { // Usher's kinds
		i.WithIndex(object, field, extract)
	}
	return nil
}

// newAuthorizer returns an authorizer for an organization with eva, who is UserAdmin in force.
func newAuthorizer(funcs interceptor.Funcs) authorizer {
	eva := builders.OrgUser("acme", "eva").Role(v1alpha1.RoleUserAdmin).Obj()
	eva.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: v1alpha1.RoleUserAdmin, Username: "eva@acme.example"}
	b := fake.NewClientBuilder().WithScheme(newScheme()).WithObjects(builders.Organization("acme").Obj(), eva).WithInterceptorFuncs(funcs)
	if err := lookup.AddIndexes(context.Background(), indexer{b}); err != nil {
		panic(err)
	}
	return authorizer{cache: lookup.New(b.Build(), effective.IntakeDomains{}), platform: live.Of(authz.Platform{Operator: "usher"})}
}

// request returns an admission request.
func request(username string, operation admissionv1.Operation, old, requested client.Object) admission.Request {
	r := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "1", Namespace: "acme", Name: "x", Operation: operation, UserInfo: authenticationv1.UserInfo{Username: username},
	}}
	r.Kind.Group, r.Kind.Kind = v1alpha1.GroupVersion.Group, "OrgUser"
	if old != nil {
		r.OldObject.Raw = raw(old)
	}
	if requested != nil {
		r.Object.Raw = raw(requested)
	}
	return r
}

func raw(o any) []byte {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return b
}

var _ = Describe("A webhook", func() {
	var users *admission.Webhook
	BeforeEach(func() { users = validating[*v1alpha1.OrgUser](newScheme(), newAuthorizer(interceptor.Funcs{})) })
	luis := builders.OrgUser("acme", "luis")

	It("allows what is permitted, with warnings, and notes who acted", func(ctx context.Context) {
		answer := users.Handle(ctx, request("eva@acme.example", admissionv1.Create, nil, luis.Workspace("nowhere", v1alpha1.WorkspaceView).Obj()))
		Expect(answer.Allowed).To(BeTrue())
		Expect(answer.Warnings).To(ConsistOf(`spec.workspaces: there is no Workspace "nowhere" yet`))
		Expect(answer.AuditAnnotations).To(Equal(map[string]string{"actor": "Person eva@acme.example", "role": "UserAdmin", "rule": "allowed"}))
	})

	It("LMI-3 warns about an intake address while the operator does not receive mail", func(ctx context.Context) {
		desk := builders.Workspace("acme", "desk").With(func(w *v1alpha1.Workspace) {
			w.Spec.Portal = &v1alpha1.CustomerPortal{Title: "Help", QueueEmail: "cola@acme.example", IntakeEmail: "help@in.acme.example"}
		}).Obj()
		warnings := func(a authorizer) []string {
			GinkgoHelper()
			answer := validating[*v1alpha1.Workspace](newScheme(), a).Handle(ctx, request("eva@acme.example", admissionv1.Create, nil, desk))
			Expect(answer.Allowed).To(BeTrue())
			return answer.Warnings
		}
		a := newAuthorizer(interceptor.Funcs{})
		Expect(warnings(a)).To(BeEmpty())
		a.intakeOff = true
		Expect(warnings(a)).To(ConsistOf("spec.portal.intakeEmail: the operator does not receive mail, because its --intake-address is not set"))
	})

	It("answers 403 with the field as a cause if the role is at fault, and notes the rule", func(ctx context.Context) {
		answer := users.Handle(ctx, request("eva@acme.example", admissionv1.Create, nil, luis.Role(v1alpha1.RoleTechnician).Obj()))
		Expect(answer.Allowed).To(BeFalse())
		Expect(answer.Result.Code).To(BeEquivalentTo(http.StatusForbidden))
		Expect(answer.Result.Details.Causes).To(ConsistOf(And(HaveField("Type", metav1.CauseTypeForbidden), HaveField("Field", "spec.role"))))
		Expect(answer.AuditAnnotations).To(HaveKeyWithValue("rule", "role-grantable"))
	})

	It("answers 422 with all causes if the content is at fault", func(ctx context.Context) {
		organizations := validating[*v1alpha1.Organization](newScheme(), newAuthorizer(interceptor.Funcs{}))
		o := builders.Organization("acme").With(func(o *v1alpha1.Organization) {
			o.Spec.Profile.TimeZone, o.Spec.Profile.Address.Country = "Europe/Atlantis", "XX"
		}).Obj()
		r := request("root", admissionv1.Create, nil, o)
		r.UserInfo.Groups = []string{"system:masters"}
		answer := organizations.Handle(ctx, r)
		Expect(answer.Result.Code).To(BeEquivalentTo(http.StatusUnprocessableEntity))
		Expect(answer.Result.Details.Causes).To(HaveExactElements(
			HaveField("Field", "spec.profile.timeZone"), HaveField("Field", "spec.profile.address.country")))
		Expect(answer.AuditAnnotations).To(Equal(map[string]string{
			"actor": "Platform root", "role": "", "rule": "time-zone-known,country-known",
		}))
	})

	It("recognizes a write to the status and does not warn then", func(ctx context.Context) {
		r := request("eva@acme.example", admissionv1.Update, luis.Obj(), luis.Workspace("nowhere", v1alpha1.WorkspaceView).Obj())
		r.SubResource = "status"
		answer := users.Handle(ctx, r)
		Expect(answer.Allowed).To(BeFalse())
		Expect(answer.Result.Message).To(ContainSubstring("only Usher may change status"))
		r.UserInfo.Username = "usher"
		answer = users.Handle(ctx, r)
		Expect(answer.Allowed).To(BeTrue())
		Expect(answer.Warnings).To(BeEmpty())
	})

	It("refuses if it cannot determine who asks or read the organization", func(ctx context.Context) {
		broken := errors.New("the cache is broken")
		for _, funcs := range []interceptor.Funcs{
			{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return broken }},
			{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return broken
			}},
		} {
			for operation, r := range map[admissionv1.Operation]admission.Request{
				admissionv1.Create: request("eva@acme.example", admissionv1.Create, nil, luis.Obj()),
				admissionv1.Update: request("eva@acme.example", admissionv1.Update, luis.Obj(), luis.Obj()),
				admissionv1.Delete: request("eva@acme.example", admissionv1.Delete, luis.Obj(), nil),
			} {
				answer := validating[*v1alpha1.OrgUser](newScheme(), newAuthorizer(funcs)).Handle(ctx, r)
				Expect(answer.Allowed).To(BeFalse(), string(operation))
				Expect(answer.Result.Message).To(ContainSubstring("the cache is broken"))
			}
		}
	})
})

var _ = Describe("A refusal", func() {
	refused := func(violations ...authz.Violation) metav1.Status {
		GinkgoHelper()
		var answer interface{ Status() metav1.Status }
		Expect(errors.As(refusal(request("eva", admissionv1.Create, nil, nil), violations), &answer)).To(BeTrue())
		return answer.Status()
	}

	It("is nil without violations", func() { Expect(refusal(admission.Request{}, nil)).To(Succeed()) })

	It("is about the role if one violation is, and names all", func() {
		answer := refused(authz.Violation{Field: "spec.a", Reason: authz.Invalid, Value: "x", Message: "is bad"},
			authz.Violation{Field: "spec.b", Reason: authz.Forbidden, Message: "only an admin may"})
		Expect(answer.Code).To(BeEquivalentTo(http.StatusForbidden))
		Expect(answer.Message).To(Equal(`spec.a: Invalid value: "x": is bad; only an admin may`))
		Expect(answer.Details.Causes).To(HaveLen(2))
	})

	It("says once who asks, and by itself in each cause", func() {
		by := func(field, message string) authz.Violation {
			return authz.Violation{Field: field, Reason: authz.Forbidden, Actor: "eva is Member: ", Message: "eva is Member: " + message}
		}
		answer := refused(by("spec.a", "only an admin may"), by("spec.b", "only an owner may"))
		Expect(answer.Message).To(Equal("eva is Member: only an admin may; only an owner may"))
		Expect(answer.Details.Causes).To(HaveExactElements(
			HaveField("Message", "eva is Member: only an admin may"), HaveField("Message", "eva is Member: only an owner may")))
	})

	It("truncates a long value by characters", func() {
		long := ""
		for range 100 {
			long += "ñ"
		}
		answer := refused(authz.Violation{Field: "spec.a", Reason: authz.Invalid, Value: long, Message: "is long"})
		Expect([]rune(answer.Message)).To(HaveLen(len([]rune(`spec.a: Invalid value: "…": is long`)) + maxValue))
	})
})

// FuzzAdmission sends requests with any JSON to every webhook: none panics, and requests of unknown users are never allowed.
func FuzzAdmission(f *testing.F) {
	scheme := newScheme()
	a := newAuthorizer(interceptor.Funcs{})
	handlers := []admission.Handler{
		validating[*v1alpha1.Organization](scheme, a).Handler, validating[*v1alpha1.OrgUser](scheme, a).Handler,
		validating[*v1alpha1.Invitation](scheme, a).Handler, validating[*v1alpha1.Workspace](scheme, a).Handler,
		admission.WithDefaulter[*v1alpha1.Invitation](scheme, &invitationDefaulter{a, admission.NewDecoder(scheme)}).Handler,
	}
	const defaulter = 4
	operations := []admissionv1.Operation{admissionv1.Create, admissionv1.Update, admissionv1.Delete, admissionv1.Connect, ""}
	for n := range handlers {
		f.Add(byte(n), byte(n), "eva@acme.example", "", []byte(`{}`), []byte(`{"spec":{"role":"Member"}}`))
		f.Add(byte(n), byte(n+1), "mallory", "status", []byte(`{"metadata":{"name":"x","labels":{"a":"b"}},"spec":null}`), []byte(`null`))
		f.Add(byte(n), byte(n+2), "", "scale", []byte(`[]`), []byte(``))
	}
	f.Fuzz(func(t *testing.T, which, operation byte, username, subresource string, old, requested []byte) {
		r := request(username, operations[int(operation)%len(operations)], nil, nil)
		r.OldObject.Raw, r.Object.Raw, r.SubResource = old, requested, subresource
		n := int(which) % len(handlers)
		answer := handlers[n].Handle(context.Background(), r)
		known := username == "eva@acme.example" || username == "usher" || r.Operation == admissionv1.Connect || r.Operation == ""
		cleaner := authz.Platform{}.ActorKind(username, nil) != authz.ActorNobody
		if answer.Allowed && n != defaulter && !known && !cleaner {
			t.Fatalf("%q was allowed to change %s into %s", username, old, requested)
		}
	})
}
