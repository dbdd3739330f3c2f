// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package opener_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/directory/opener"
	"github.com/usher-operator/usher/internal/directory/token"
	"github.com/usher-operator/usher/internal/directory/tokens"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
)

func TestOpener(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Opener")
}

var _ = Describe("The directory of an organization", func() {
	var (
		api      client.WithWatch
		o        *opener.Opener
		kept     tokens.Tokens
		now      time.Time
		log      *bytes.Buffer
		reads    int
		fails    error
		writes   int
		useFails error
	)

	BeforeEach(func() {
		now, log, reads, writes, fails, useFails = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC), &bytes.Buffer{}, 0, 0, nil, nil
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		namespace := &corev1.Namespace{}
		namespace.Name = "acme"
		api = fake.NewClientBuilder().WithScheme(scheme).WithObjects(builders.Organization("acme").Obj(), namespace).Build()
		watched := interceptor.NewClient(api, interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
				if _, is := into.(*corev1.Secret); is {
					reads++
					if fails != nil {
						return fails
					}
				}
				return c.Get(ctx, key, into, opts...)
			},
			Apply: func(ctx context.Context, c client.WithWatch, config runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if writes++; useFails != nil {
					return useFails
				}
				return c.Apply(ctx, config, opts...)
			},
			Patch: func(ctx context.Context, c client.WithWatch, into client.Object, patch client.Patch, opts ...client.PatchOption) error {
				writes++
				return c.Patch(ctx, into, patch, opts...)
			},
		})
		identified := interceptor.NewClient(api, interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
				err := c.Get(ctx, key, into, opts...)
				if err == nil {
					into.SetUID("1") // which the fake does not
				}
				return err
			},
		})
		kept = tokens.Tokens{Client: identified, Organization: "acme", FieldOwner: "test"}
		o = &opener.Opener{
			Cache: lookup.New(api, effective.IntakeDomains{}), Client: watched, Config: &rest.Config{Host: "https://api.example"},
			Now: func() time.Time { return now },
			Log: funcr.New(func(prefix, args string) { fmt.Fprintln(log, prefix, args) }, funcr.Options{Verbosity: 9}),
		}
	})

	issue := func(ctx context.Context, name string) string {
		GinkgoHelper()
		secret, err := kept.Make(ctx, name, now, time.Time{})
		Expect(err).NotTo(HaveOccurred())
		return secret
	}
	open := func(ctx context.Context, secret string) error {
		_, err := o.Open(ctx, "acme", secret, "https://usher.example/scim/v2/acme")
		return err
	}

	It("DIR-2 is opened by its tokens, and by no other", func(ctx context.Context) {
		secret := issue(ctx, "entra")
		d, err := o.Open(ctx, "acme", secret, "https://usher.example/scim/v2/acme")
		Expect(err).NotTo(HaveOccurred())
		Expect(d.Users).NotTo(BeNil())
		Expect(open(ctx, secret+"x")).To(MatchError(door.ErrUnauthorized))
		_, err = o.Open(ctx, "other", secret, "")
		Expect(err).To(MatchError(door.ErrUnauthorized))
	})

	It("DIR-2 asks the API server rarely, whatever strangers send, and never about organizations that there are not", func(ctx context.Context) {
		secret := issue(ctx, "entra")
		for range 100 {
			Expect(open(ctx, "usher_dir_wrong")).To(MatchError(door.ErrUnauthorized))
			Expect(open(ctx, secret)).To(Succeed())
			_, err := o.Open(ctx, "other", "usher_dir_wrong", "")
			Expect(err).To(MatchError(door.ErrUnauthorized))
		}
		Expect(reads).To(Equal(1))
		now = now.Add(4 * time.Second)
		Expect(open(ctx, secret)).To(Succeed())
		Expect(reads).To(Equal(1))
	})

	It("DIR-2 learns of a new token within a second, and of one that is removed or paused within five", func(ctx context.Context) {
		first := issue(ctx, "entra")
		Expect(open(ctx, first)).To(Succeed())
		second := issue(ctx, "entra-next")
		Expect(open(ctx, second)).To(MatchError(door.ErrUnauthorized))
		now = now.Add(time.Second)
		Expect(open(ctx, second)).To(Succeed())
		Expect(kept.SetPaused(ctx, "entra", true)).To(Succeed())
		Expect(kept.Remove(ctx, "entra-next")).To(Succeed())
		now = now.Add(5 * time.Second)
		Expect(open(ctx, first)).To(MatchError(door.ErrUnauthorized))
		Expect(open(ctx, second)).To(MatchError(door.ErrUnauthorized))
	})

	It("DIR-2 is closed while its Secret cannot be read, and is not known to be if the API server does not answer", func(ctx context.Context) {
		secret := issue(ctx, "entra")
		fails = apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "usher-directory-tokens", errors.New("not bound"))
		Expect(open(ctx, secret)).To(MatchError(door.ErrUnauthorized))
		now, fails = now.Add(time.Second), apierrors.NewTimeoutError("slow", 1)
		Expect(open(ctx, secret)).To(MatchError(ContainSubstring("slow")))
		fails = nil
		Expect(open(ctx, secret)).To(Succeed())
	})

	It("DIR-2 writes once an hour when a token was used, and forgets those that are gone", func(ctx context.Context) {
		first := issue(ctx, "entra")
		used := func() time.Time {
			GinkgoHelper()
			list, err := kept.List(ctx)
			Expect(err).NotTo(HaveOccurred())
			return list[0].LastUse
		}
		for range 5 {
			Expect(open(ctx, first)).To(Succeed())
		}
		Expect(used()).To(BeTemporally("==", now))
		Expect(writes).To(Equal(1))
		now = now.Add(59 * time.Minute)
		Expect(open(ctx, first)).To(Succeed())
		Expect(writes).To(Equal(1))
		now = now.Add(time.Minute)
		Expect(open(ctx, first)).To(Succeed())
		Expect(used()).To(BeTemporally("==", now))
		Expect(writes).To(Equal(2))
		second := issue(ctx, "entra-next")
		Expect(kept.Remove(ctx, "entra")).To(Succeed())
		now = now.Add(5 * time.Second)
		Expect(open(ctx, second)).To(Succeed())
		var use corev1.ConfigMap
		Expect(api.Get(ctx, client.ObjectKey{Namespace: "acme", Name: v1alpha1.DirectoryUseConfigMap}, &use)).To(Succeed())
		Expect(use.Data).To(HaveLen(1))
		Expect(use.Data).To(HaveKey("entra-next"))
		Expect(use.OwnerReferences).To(ConsistOf(HaveField("Kind", "Organization")))
	})

	It("DIR-2 opens although its use cannot be written, and its log has neither tokens nor hashes", func(ctx context.Context) {
		secret := issue(ctx, "entra")
		useFails = errors.New("not allowed")
		Expect(open(ctx, secret)).To(Succeed())
		Expect(log.String()).To(And(ContainSubstring("last used"), ContainSubstring("not allowed")))
		var s corev1.Secret
		Expect(api.Get(ctx, client.ObjectKey{Namespace: "acme", Name: v1alpha1.DirectoryTokensSecret}, &s)).To(Succeed())
		s.Data["plain"] = []byte("usher_dir_plain")
		Expect(api.Update(ctx, &s)).To(Succeed())
		now = now.Add(5 * time.Second)
		Expect(open(ctx, secret)).To(Succeed())
		Expect(log.String()).To(And(ContainSubstring(`plain`), Not(ContainSubstring("usher_dir_")), Not(ContainSubstring("sha256:9"))))
		Expect(log.String()).NotTo(ContainSubstring(token.Prefix))
	})

	It("DIR-4 is paused by its organization, or with it by the platform, in words for the identity provider's log", func(ctx context.Context) {
		secret := issue(ctx, "entra")
		o.Paused = func(*v1alpha1.Organization) bool { return true }
		refused := &scim.Error{}
		Expect(errors.As(open(ctx, secret), &refused)).To(BeTrue())
		Expect(refused.Status).To(Equal(503))
		Expect(refused.Detail).To(ContainSubstring("spec.directory.paused"))
		Expect(open(ctx, "usher_dir_wrong")).To(MatchError(door.ErrUnauthorized), "strangers do not learn of it")
		o.Paused = nil
		var namespace corev1.Namespace
		Expect(api.Get(ctx, client.ObjectKey{Name: "acme"}, &namespace)).To(Succeed())
		namespace.Annotations = map[string]string{v1alpha1.AnnotationPaused: "true"}
		Expect(api.Update(ctx, &namespace)).To(Succeed())
		Expect(errors.As(open(ctx, secret), &refused)).To(BeTrue())
		Expect(refused.Detail).To(ContainSubstring("paused by the platform"))
	})
})
