// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

// writer records the bodies of status patches, and answers each with the next of its errors.
type writer struct {
	client.SubResourceWriter
	errors  []error
	patches []string
}

// Status implements client.StatusClient.
func (w *writer) Status() client.SubResourceWriter { return w }

// Patch implements client.SubResourceWriter.
func (w *writer) Patch(_ context.Context, o client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
	body, err := patch.Data(o)
	if err != nil {
		return err
	}
	w.patches = append(w.patches, string(body))
	if len(w.errors) == 0 {
		return nil
	}
	err, w.errors = w.errors[0], w.errors[1:]
	return err
}

// newest returns the object as the API server has it, with a new resource version each time.
type newest struct {
	client.Reader
	reads int
	err   error
}

// Get implements client.Reader.
func (n *newest) Get(_ context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	if n.err != nil {
		return n.err
	}
	n.reads++
	u, ok := o.(*v1alpha1.OrgUser)
	Expect(ok).To(BeTrue())
	*u = *builders.OrgUser(key.Namespace, key.Name).Obj()
	u.ResourceVersion = fmt.Sprint(100 + n.reads)
	u.Generation = 7
	return nil
}

func conflict() error {
	return apierrors.NewConflict(v1alpha1.Resource("orgusers"), "ana", errors.New("the object was changed"))
}

// read returns an object as it was read, in its third generation.
func read() *v1alpha1.OrgUser {
	u := builders.OrgUser("acme", "ana").Obj()
	u.Generation, u.ResourceVersion = 3, "42"
	return u
}

var _ = Describe("Conditions", func() {
	steps := []struct {
		name string
		take func(o status.Object, reason, message string)
	}{{"Ready", status.Ready}, {"Progressing", status.Progressing}, {"Stalled", status.Stalled}}
	for _, first := range steps {
		for _, second := range steps {
			It("keep the contract of kstatus, "+second.name+" after "+first.name, func() {
				u := read()
				first.take(u, "First", "one")
				second.take(u, "Second", "two")
				u.SetObservedGeneration(u.Generation)
				Expect(u).To(matchers.KeepKstatus())
			})
		}
	}

	DescribeTable("have the reason and message of the last step only", func(
		step func(status.Object, string, string), expected map[string]metav1.ConditionStatus,
	) {
		u := read()
		status.Stalled(u, "Before", "it was stuck")
		status.Progressing(u, "Before", "it went on")
		step(u, "Because", "it is so")
		found := map[string]metav1.ConditionStatus{}
		for _, c := range u.Status.Conditions {
			found[c.Type] = c.Status
			Expect(c.Reason).To(Equal("Because"))
			Expect(c.Message).To(Equal("it is so"))
			Expect(c.ObservedGeneration).To(BeEquivalentTo(3))
		}
		Expect(found).To(Equal(expected))
	},
		Entry("when Ready", status.Ready, map[string]metav1.ConditionStatus{"Ready": "True"}),
		Entry("when Progressing", status.Progressing, map[string]metav1.ConditionStatus{"Ready": "False", "Reconciling": "True"}),
		Entry("when Stalled", status.Stalled, map[string]metav1.ConditionStatus{"Ready": "False", "Stalled": "True"}),
	)

	It("OPS-9 shorten a message that the API would refuse, between two characters", func() {
		u := read()
		status.Stalled(u, "Because", strings.Repeat("ñ", 40000))
		Expect(u.Status.Conditions).To(HaveEach(HaveField("Message", And(HaveSuffix("ñ…"), HaveLen(4096+len("…"))))))
		status.Stalled(u, "Because", "x"+strings.Repeat("ñ", 40000))
		Expect(u.Status.Conditions).To(HaveEach(HaveField("Message", And(HaveSuffix("ñ…"), HaveLen(4095+len("…"))))))
	})

	It("of Usher's own are true or false, and do not change the others", func() {
		u := read()
		status.Ready(u, "Ready", "the spec is in force")
		status.Set(u, v1alpha1.ConditionAccepted, false, "AwaitingAcceptance", "not yet")
		Expect(u).To(matchers.HaveCondition("Accepted", metav1.ConditionFalse, "AwaitingAcceptance"))
		status.Set(u, v1alpha1.ConditionAccepted, true, "Accepted", "yes")
		Expect(u).To(matchers.HaveCondition("Accepted", metav1.ConditionTrue, "Accepted"))
		Expect(u).To(matchers.BeReady())
	})

	It("keep the time of their last transition while the status is the same", func() {
		u := read()
		status.Ready(u, "Ready", "one")
		u.Status.Conditions[0].LastTransitionTime = metav1.Unix(1, 0)
		status.Ready(u, "Ready", "two")
		Expect(u.Status.Conditions[0].LastTransitionTime.Unix()).To(BeEquivalentTo(1))
	})
})

var _ = Describe("Write", func() {
	// settled returns an object that has been reconciled in its present generation.
	settled := func() *v1alpha1.OrgUser {
		u := read()
		status.Ready(u, "Ready", "the spec is in force")
		status.Set(u, v1alpha1.ConditionAccepted, true, "Accepted", "the person has accepted")
		u.SetObservedGeneration(u.Generation)
		return u
	}

	It("writes nothing when nothing has changed", func(ctx SpecContext) {
		w, before := &writer{}, settled()
		after := before.DeepCopy()
		status.Ready(after, "Ready", "the spec is in force")
		Expect(status.Write(ctx, w, before, after)).To(BeFalse())
		Expect(w.patches).To(BeEmpty())
	})

	It("writes nothing when a pass sets a condition twice, at last to what is written", func(ctx SpecContext) {
		w, before := &writer{}, settled()
		status.Stalled(before, "Duplicate", "somebody else has it")
		for n := range before.Status.Conditions {
			before.Status.Conditions[n].LastTransitionTime = metav1.Unix(1, 0)
		}
		after := before.DeepCopy()
		status.Ready(after, "Ready", "the spec is in force")
		status.Stalled(after, "Duplicate", "somebody else has it")
		Expect(status.Write(ctx, w, before, after)).To(BeFalse())
		Expect(w.patches).To(BeEmpty())
	})

	It("treats an empty list like none", func(ctx SpecContext) {
		w, before := &writer{}, settled()
		after := before.DeepCopy()
		after.Status.Workspaces = []v1alpha1.WorkspaceGrantStatus{}
		Expect(status.Write(ctx, w, before, after)).To(BeFalse())
		Expect(w.patches).To(BeEmpty())
	})

	It("writes what has changed, under the resource version that was read", func(ctx SpecContext) {
		w, before := &writer{}, settled()
		after := before.DeepCopy()
		after.Status.Role = v1alpha1.RoleTechnician
		Expect(status.Write(ctx, w, before, after)).To(BeTrue())
		Expect(w.patches).To(HaveExactElements(MatchJSON(
			`{"metadata": {"resourceVersion": "42"}, "status": {"role": "Technician"}}`)))
	})

	It("leaves out the spec, even when the pass has changed it", func(ctx SpecContext) {
		w, before := &writer{}, settled()
		after := before.DeepCopy()
		after.Spec.Phone = "+34600000001"
		Expect(status.Write(ctx, w, before, after)).To(BeFalse())
		after.Status.Role = v1alpha1.RoleTechnician
		Expect(status.Write(ctx, w, before, after)).To(BeTrue())
		Expect(w.patches).To(HaveExactElements(Not(ContainSubstring("spec"))))
		Expect(after.Spec.Phone).NotTo(BeEmpty(), "the object itself is not changed")
	})

	It("writes the observed generation in every condition", func(ctx SpecContext) {
		w, before := &writer{}, settled()
		before.Generation = 4
		after := before.DeepCopy()
		status.Ready(after, "Ready", "the spec is in force")
		Expect(status.Write(ctx, w, before, after)).To(BeTrue())
		Expect(after).To(matchers.KeepKstatus())
		Expect(w.patches).To(HaveExactElements(ContainSubstring(`"observedGeneration":4`)))
	})

	It("returns the API server's answer", func(ctx SpecContext) {
		w, before := &writer{errors: []error{conflict()}}, settled()
		after := before.DeepCopy()
		after.Status.Role = v1alpha1.RoleTechnician
		_, err := status.Write(ctx, w, before, after)
		Expect(apierrors.IsConflict(err)).To(BeTrue())
		Expect(w.patches).To(HaveLen(1), "the caller tries again, not Write")
	})
})

// partial decodes what the API server has into the object that it is given, as the client does: fields that it lacks are kept.
type partial struct{ client.Reader }

// Get implements client.Reader.
func (partial) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	return json.Unmarshal([]byte(`{"metadata":{"name":"ana","namespace":"acme"},"status":{"onboarding":{"state":"Active"}}}`), o)
}

// named returns an object of any kind that has nothing but a name.
type named struct{ client.Reader }

// Get implements client.Reader.
func (named) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	o.SetName("ana")
	return nil
}

var _ = Describe("Read", func() {
	It("drops what the newest state no longer has", func(ctx context.Context) {
		u := read()
		u.Status.Onboarding = &v1alpha1.OnboardingStatus{State: v1alpha1.RecipientInvited, Mail: &v1alpha1.MailStatus{State: v1alpha1.MailQueued}}
		Expect(status.Read(ctx, partial{}, client.ObjectKeyFromObject(u), u)).To(Succeed())
		Expect(u.Status.Onboarding).To(Equal(&v1alpha1.OnboardingStatus{State: v1alpha1.RecipientActive}))
		Expect(u.ResourceVersion).To(BeEmpty())
	})

	It("does not change the object when it fails", func(ctx context.Context) {
		u := read()
		gone := errors.New("gone")
		Expect(status.Read(ctx, &newest{err: gone}, client.ObjectKeyFromObject(u), u)).To(MatchError(gone))
		Expect(u).To(Equal(read()))
	})

	It("knows every kind", func(ctx context.Context) {
		scheme := runtime.NewScheme()
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		known := 0
		for kind := range scheme.KnownTypes(v1alpha1.GroupVersion) {
			made, err := scheme.New(v1alpha1.GroupVersion.WithKind(kind))
			Expect(err).NotTo(HaveOccurred())
			if o, is := made.(status.Object); is {
				Expect(status.Read(ctx, named{}, client.ObjectKey{}, o)).To(Succeed(), kind)
				Expect(o.GetName()).To(Equal("ana"))
				known++
			}
		}
		Expect(known).To(Equal(5))
	})
})

var _ = Describe("Amend", func() {
	It("starts from the newest state, and from a newer one after a conflict", func(ctx SpecContext) {
		w, n, u := &writer{errors: []error{conflict(), conflict()}}, &newest{}, read()
		Expect(status.Amend(ctx, n, w, u, func() error {
			u.Status.LastActive = "seen in " + u.ResourceVersion
			return nil
		})).To(Succeed())
		Expect(w.patches).To(HaveExactElements(
			MatchJSON(`{"metadata": {"resourceVersion": "101"}, "status": {"lastActive": "seen in 101"}}`),
			MatchJSON(`{"metadata": {"resourceVersion": "102"}, "status": {"lastActive": "seen in 102"}}`),
			MatchJSON(`{"metadata": {"resourceVersion": "103"}, "status": {"lastActive": "seen in 103"}}`)))
	})

	It("does not give up against a stream of other writers", func(ctx SpecContext) {
		w, n, u := &writer{}, &newest{}, read()
		for range 25 {
			w.errors = append(w.errors, conflict())
		}
		Expect(status.Amend(ctx, n, w, u, func() error {
			u.Status.LastActive = "now"
			return nil
		})).To(Succeed())
		Expect(w.patches).To(HaveLen(26))
	})

	It("writes nothing when nothing has changed", func(ctx SpecContext) {
		w, n := &writer{}, &newest{}
		Expect(status.Amend(ctx, n, w, read(), func() error { return nil })).To(Succeed())
		Expect(n.reads).To(Equal(1))
		Expect(w.patches).To(BeEmpty())
	})

	It("returns an error of the change as it is", func(ctx SpecContext) {
		w, n, failure := &writer{}, &newest{}, errors.New("no")
		Expect(status.Amend(ctx, n, w, read(), func() error { return failure })).To(BeIdenticalTo(failure))
		Expect(n.reads).To(Equal(1))
		Expect(w.patches).To(BeEmpty())
	})

	It("returns any other error of the API server", func(ctx SpecContext) {
		gone := apierrors.NewNotFound(v1alpha1.Resource("orgusers"), "ana")
		Expect(status.Amend(ctx, &newest{err: gone}, &writer{}, read(), func() error { return nil })).To(MatchError(gone))
		w, u := &writer{errors: []error{gone}}, read()
		Expect(status.Amend(ctx, &newest{}, w, u, func() error {
			u.Status.LastActive = "today"
			return nil
		})).To(MatchError(gone))
		Expect(w.patches).To(HaveLen(1))
	})
})
