// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package account_test

import (
	"context"
	"errors"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/account"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("An account that Usher names after its address", func() {
	const luis = "luis@acme.example"
	names := slices.Collect(emailaddr.ObjectNames(luis))

	serve := func(funcs interceptor.Funcs, objects ...client.Object) client.Client {
		GinkgoHelper()
		scheme := runtime.NewScheme()
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
	}
	// create creates the account of luis on a server with objects.
	create := func(ctx context.Context, c client.Client, beside func(*v1alpha1.OrgUser) bool) (string, bool, error) {
		u, created, err := account.Create(ctx, c, lookup.NewAPIReader(c), builders.OrgUser("acme", "").Email(luis).Obj(), beside)
		if u == nil {
			return "", created, err
		}
		Expect(u.Spec.Email).To(BeEquivalentTo(luis))
		return u.Name, created, err
	}
	named := func(name, email string) *v1alpha1.OrgUser { return builders.OrgUser("acme", name).Email(email).Obj() }

	It("ORG-28 gets the first name that no other person has, and the same one however often it is created", func(ctx context.Context) {
		first := named(names[0], "eva@acme.example")
		c := serve(interceptor.Funcs{}, first, named(names[1], "sam@acme.example"))
		name, created, err := create(ctx, c, nil)
		Expect([]any{name, created, err}).To(Equal([]any{names[2], true, nil}))
		for range 3 {
			name, created, err = create(ctx, c, nil)
			Expect([]any{name, created, err}).To(Equal([]any{names[2], false, nil}))
		}
		var after v1alpha1.OrgUser
		Expect(c.Get(ctx, client.ObjectKeyFromObject(first), &after)).To(Succeed())
		Expect(after.Spec).To(Equal(first.Spec), "another person's account stays as it is")
	})

	It("ORG-28 is the one that has the address, however that is spelled", func(ctx context.Context) {
		c := serve(interceptor.Funcs{}, named(names[0], "LUIS@acme.example"))
		u, created, err := account.Create(ctx, c, lookup.NewAPIReader(c), builders.OrgUser("acme", "").Email(luis).Obj(), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(created).To(BeFalse())
		Expect(u.Name).To(Equal(names[0]))
	})

	It("ORG-4 is created beside an account that does not count", func(ctx context.Context) {
		c := serve(interceptor.Funcs{}, builders.OrgUser("acme", names[0]).Email(luis).Limited().Obj())
		name, created, err := create(ctx, c, effective.IsLimited)
		Expect([]any{name, created, err}).To(Equal([]any{names[1], true, nil}))
	})

	It("is not created when others have all the names, and says so", func(ctx context.Context) {
		var others []client.Object
		for _, name := range names {
			others = append(others, named(name, "x"+name+"@acme.example"))
		}
		_, created, err := create(ctx, serve(interceptor.Funcs{}, others...), nil)
		Expect(created).To(BeFalse())
		Expect(err).To(MatchError("the OrgUser " + names[0] + " and others have all the names that an OrgUser with the address " + luis +
			" may get, but not its address: delete one of them"))
	})

	It("gets a name whose holder is deleted meanwhile, and fails when that does not end", func(ctx context.Context) {
		taken := 1
		c := serve(interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if taken > 0 {
				taken--
				return apierrors.NewAlreadyExists(schema.GroupResource{Resource: "orgusers"}, o.GetName())
			}
			return c.Create(ctx, o, opts...)
		}})
		name, created, err := create(ctx, c, nil)
		Expect([]any{name, created, err}).To(Equal([]any{names[0], true, nil}))
		taken = 100
		_, _, err = create(ctx, c, effective.IsProvisional)
		Expect(err).NotTo(HaveOccurred(), "the account is there")
		Expect(c.Delete(ctx, named(names[0], luis))).To(Succeed())
		_, _, err = create(ctx, c, nil)
		Expect(err).To(MatchError(ContainSubstring("created and deleted again and again")))
	})

	It("returns any other refusal", func(ctx context.Context) {
		refused := errors.New("no more users")
		_, _, err := create(ctx, serve(interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return refused
		}}), nil)
		Expect(err).To(MatchError(refused))
	})
})
