// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

var _ = Describe("The claim of an installation", func() {
	webhooks := func(annotations map[string]string) *admissionv1.ValidatingWebhookConfiguration {
		return &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: validatingWebhooks, Annotations: annotations}}
	}
	namespace := func(name string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	in := func(name string, cluster client.Client) *installation {
		return &installation{reader: cluster, writer: cluster, namespace: name}
	}
	holder := func(ctx context.Context, cluster client.Client) string {
		GinkgoHelper()
		var found admissionv1.ValidatingWebhookConfiguration
		Expect(cluster.Get(ctx, types.NamespacedName{Name: validatingWebhooks}, &found)).To(Succeed())
		return found.Annotations[annotationInstalledIn]
	}

	It("OPS-1 is that of the first installation, whose replicas repeat it", func(ctx context.Context) {
		cluster := fake.NewClientBuilder().WithObjects(webhooks(nil), namespace("first")).Build()
		Expect(in("first", cluster).claim(ctx)).To(Succeed())
		Expect(in("first", cluster).claim(ctx)).To(Succeed())
		Expect(in("second", cluster).claim(ctx)).To(MatchError(And(
			ContainSubstring("the namespace first has Usher already"), ContainSubstring("delete the namespace second and nothing else"))))
		Expect(holder(ctx, cluster)).To(Equal("first"))
	})

	It("OPS-1 passes on when the namespace of the first installation is gone", func(ctx context.Context) {
		cluster := fake.NewClientBuilder().WithObjects(webhooks(map[string]string{annotationInstalledIn: "first"})).Build()
		Expect(in("second", cluster).claim(ctx)).To(Succeed())
		Expect(holder(ctx, cluster)).To(Equal("second"))
	})

	It("OPS-1 goes to one of two installations that claim the cluster at the same time", func(ctx context.Context) {
		raced := false
		cluster := fake.NewClientBuilder().WithObjects(webhooks(nil), namespace("first")).Build()
		second := interceptor.NewClient(cluster, interceptor.Funcs{
			Update: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.UpdateOption) error {
				if !raced {
					raced = true
					Expect(in("first", cluster).claim(ctx)).To(Succeed())
				}
				return c.Update(ctx, o, options...)
			},
		})
		Expect(in("second", second).claim(ctx)).To(MatchError(ContainSubstring("the namespace first has Usher already")))
		Expect(holder(ctx, cluster)).To(Equal("first"))
	})

	It("OPS-1 waits for the object that holds it", func(ctx context.Context) {
		cluster := fake.NewClientBuilder().WithObjects(namespace("first")).Build()
		first := in("first", cluster)
		Expect(first.claim(ctx)).To(MatchError(apierrors.IsNotFound, "IsNotFound"))
		done := make(chan error, 1)
		go func() { done <- first.Start(ctx) }()
		Consistently(done, 50*time.Millisecond).ShouldNot(Receive())
		Expect(cluster.Create(ctx, webhooks(nil))).To(Succeed())
		Eventually(done, 10*time.Second).Should(Receive(BeNil()))
		Expect(holder(ctx, cluster)).To(Equal("first"))
	})

	It("fails, or ends without an error when the operator is told to stop", func(ctx context.Context) {
		broken := errors.New("no route to host")
		cluster := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
			Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return broken
			},
		})
		Expect(in("first", cluster).Start(ctx)).To(MatchError(broken))
		stopped, stop := context.WithCancel(ctx)
		stop()
		Expect(in("first", fake.NewClientBuilder().Build()).Start(stopped)).To(Succeed())
		Expect(in("first", cluster).NeedLeaderElection()).To(BeFalse())
	})
})
