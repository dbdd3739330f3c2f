// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/corpus"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

var _ = Describe("Valid objects", func() {
	for _, entry := range load(corpus.Valid) {
		It("accepts "+entry.Name, func(ctx SpecContext) {
			for _, object := range entry.Objects {
				Expect(dryRun(ctx, object)).To(Succeed(), "%s %s", object.GetKind(), object.GetName())
			}
			if entry.Update != nil {
				Expect(change(ctx, entry.Update)).To(Succeed())
			}
		})
	}
})

var _ = Describe("Invalid objects", func() {
	for _, entry := range load(corpus.Invalid) {
		It("refuses "+entry.Name, func(ctx SpecContext) {
			var err error
			if entry.Update != nil {
				err = change(ctx, entry.Update)
			} else {
				Expect(entry.Objects).To(HaveLen(1), "with several objects in a file it is unclear which one is refused")
				err = dryRun(ctx, entry.Objects[0])
			}
			expectRefusal(err, entry)
		})
	}
})

var _ = Describe("Objects that only the webhooks can refuse", func() {
	for _, entry := range load(corpus.InvalidWebhook) {
		It("are well-formed: "+entry.Name, func(ctx SpecContext) {
			for _, object := range entry.Objects {
				Expect(dryRun(ctx, object)).To(Succeed())
			}
		})
	}
})

// expectRefusal expects the message about the field. A field that does not exist is refused before validation, with a
// message only.
func expectRefusal(err error, entry corpus.Entry) {
	GinkgoHelper()
	if strings.HasPrefix(entry.Refused, "unknown field") {
		Expect(err).To(matchers.BeRefused(400, entry.Refused))
		return
	}
	Expect(err).To(matchers.BeRefused(422, entry.Refused))
	Expect(err).To(matchers.HaveCause(entry.Field, entry.Refused))
	AddReportEntry("message", err.Error(), ReportEntryVisibilityFailureOrVerbose)
}

// dryRun creates the object without storing it.
func dryRun(ctx context.Context, object *unstructured.Unstructured) error {
	object = object.DeepCopy()
	object.SetNamespace(metav1.NamespaceDefault)
	return env.Client.Create(ctx, object, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
}

// change creates the object as it is before the update, and returns the answer to the update.
func change(ctx context.Context, update *corpus.Update) error {
	GinkgoHelper()
	before, after := update.Before.DeepCopy(), update.After.DeepCopy()
	before.SetNamespace(env.Namespace(ctx, "update"))
	Expect(env.Client.Create(ctx, before, client.FieldValidation(metav1.FieldValidationStrict))).To(Succeed())
	after.SetNamespace(before.GetNamespace())
	after.SetResourceVersion(before.GetResourceVersion())
	return env.Client.Update(ctx, after, client.FieldValidation(metav1.FieldValidationStrict))
}
