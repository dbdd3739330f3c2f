// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("Events in the organization's namespace", func() {
	const never = "r  r  r  r  r  r  r  r  r  r"
	event := func() *corev1.Event {
		return &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "forged"}}
	}
	rows([]row{
		{"ORG-16 read all, as kubectl describe does", seeUsers, "list", "events", "", func(ctx context.Context, by *somebody) error {
			return by.List(ctx, &corev1.EventList{}, client.InNamespace(org))
		}},
		{"ORG-16 read all, as kubectl events does", seeUsers, "list", "events", "", func(ctx context.Context, by *somebody) error {
			return by.List(ctx, &eventsv1.EventList{}, client.InNamespace(org))
		}},
		{"write one", never, "create", "events", "", func(ctx context.Context, by *somebody) error {
			return by.Create(ctx, event(), client.DryRunAll)
		}},
		{"remove one", never, "delete", "events", "", func(ctx context.Context, by *somebody) error {
			return by.Delete(ctx, event(), client.DryRunAll)
		}},
	})
})
