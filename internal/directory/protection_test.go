// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
)

var _ = Describe("The protection against a directory that goes mad", func() {
	acme := func(people int32, protection v1alpha1.DirectoryProtection) *v1alpha1.Organization {
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "acme"}}
		o.Spec.Directory.Protection = protection
		o.Status.Directory.People = &people
		return o
	}
	// removed is how many of the people the directory can remove, one after another.
	removed := func(o *v1alpha1.Organization, at time.Time, people int) int {
		GinkgoHelper()
		for n := range people {
			if err := directory.Remove(o, types.UID(fmt.Sprintf("%d at %s", n, at)), at); err != nil {
				return n
			}
			o.Status.Directory.People = ptr.To(*o.Status.Directory.People - 1) // it is counted meanwhile
		}
		return people
	}
	percent := func(n int32) v1alpha1.DirectoryProtection { return v1alpha1.DirectoryProtection{Percent: &n} }

	DescribeTable("DIR-4 lets it remove", func(people int32, p v1alpha1.DirectoryProtection, most int) {
		Expect(removed(acme(people, p), created, int(people))).To(Equal(most))
	},
		Entry("a fifth of many", int32(200), v1alpha1.DirectoryProtection{}, 40),
		Entry("five of a few", int32(12), v1alpha1.DirectoryProtection{}, 5),
		Entry("a percentage", int32(200), percent(50), 100),
		Entry("a number", int32(200), v1alpha1.DirectoryProtection{People: ptr.To[int32](7), Percent: ptr.To[int32](0)}, 7),
		Entry("the larger one of both", int32(200), v1alpha1.DirectoryProtection{People: ptr.To[int32](30), Percent: ptr.To[int32](10)}, 30),
		Entry("nobody, if that is what is wanted", int32(200), v1alpha1.DirectoryProtection{People: new(int32), Percent: new(int32)}, 0),
		Entry("a thousand, whatever the percentage", int32(10000), percent(100), 1000),
	)

	It("DIR-4 counts what happened within the time, and each person once", func() {
		o := acme(10, v1alpha1.DirectoryProtection{People: ptr.To[int32](2), Hours: 2})
		Expect(directory.Remove(o, "a", created)).To(Succeed())
		Expect(directory.Remove(o, "a", created.Add(time.Minute))).To(Succeed())
		Expect(directory.Remove(o, "b", created.Add(time.Hour))).To(Succeed())
		Expect(directory.Removals(o, created.Add(time.Hour))).To(HaveLen(2))
		Expect(directory.Remove(o, "c", created.Add(2*time.Hour))).To(Succeed(), "two hours after the first")
		Expect(directory.Removals(o, created.Add(2*time.Hour))).To(HaveLen(2))
	})

	It("DIR-4 stays until an administrator sets it aside, however long that takes, and says what to do", func() {
		o := acme(10, v1alpha1.DirectoryProtection{People: ptr.To[int32](2)})
		Expect(removed(o, created, 10)).To(Equal(2))
		Expect(o.Status.Directory.StoppedTime).To(HaveValue(HaveField("Time", BeTemporally("==", created))))
		muchLater := created.Add(1000 * time.Hour)
		Expect(directory.Remove(o, "x", muchLater)).To(MatchError(And(
			ContainSubstring(`more than 2 people within 24 hours, or to take so many out of a group at once, which is the limit of organization "acme"`),
			ContainSubstring("kubectl usher directory allow -n acme"))))
		Expect(directory.Remove(o, "0 at "+types.UID(created.String()), muchLater)).NotTo(Succeed(), "not even whom it has removed")

		o.Spec.Directory.Protection.AllowUntil = ptr.To(metav1.NewTime(muchLater.Add(time.Hour)))
		Expect(directory.IsStopped(o)).To(BeFalse())
		Expect(removed(o, muchLater, 8)).To(Equal(8), "and nothing of it counts")
		directory.Forget(o)
		Expect(o.Status.Directory).To(Equal(v1alpha1.DirectoryStatus{People: new(int32)}))
		Expect(removed(o, muchLater.Add(time.Hour), 10)).To(Equal(2), "the limit is back")
		Expect(directory.IsStopped(o)).To(BeTrue())
		directory.Forget(o)
		Expect(directory.IsStopped(o)).To(BeTrue(), "what happened after it counts")
	})

	Describe("of groups", func() {
		helpdesk := &v1alpha1.OrgGroup{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "helpdesk"}}
		listed := helpdesk.DeepCopy()
		listed.Status.Workspaces = []v1alpha1.GroupGrantStatus{{Name: "support"}}
		mapped := acme(20, v1alpha1.DirectoryProtection{})
		mapped.Spec.Directory.Roles = []v1alpha1.GroupRole{{Group: "helpdesk", Role: v1alpha1.RoleTechnician}}
		stops := MatchError(And(ContainSubstring("or to take so many out of a group at once"),
			ContainSubstring("kubectl usher directory allow -n acme")))

		DescribeTable("DIR-4 lets it take people out of a group", func(o *v1alpha1.Organization, g *v1alpha1.OrgGroup, people int, stopped bool) {
			o = o.DeepCopy()
			err := directory.TakeOut(o, g, people, created)
			Expect(directory.IsStopped(o)).To(Equal(stopped))
			if !stopped {
				Expect(err).NotTo(HaveOccurred())
				return
			}
			Expect(err).To(stops)
			Expect(directory.Remove(o, "a", created)).To(stops)
			Expect(directory.TakeOut(o, helpdesk, 1, created)).To(stops, "whatever the group opens")
			Expect(directory.TakeOut(o, helpdesk, 0, created)).To(Succeed(), "others can join it")
			o.Spec.Directory.Protection.AllowUntil = ptr.To(metav1.NewTime(created.Add(time.Hour)))
			Expect(directory.TakeOut(o, g, people, created)).To(Succeed())
		},
			Entry("as many as it can remove", acme(20, v1alpha1.DirectoryProtection{}), listed, 5, false),
			Entry("but not more of a group that a workspace lists", acme(20, v1alpha1.DirectoryProtection{}), listed, 6, true),
			Entry("but not more of a group that gives a role", mapped, helpdesk, 6, true),
			Entry("however many, if the group opens nothing", acme(20, v1alpha1.DirectoryProtection{}), helpdesk, 20, false),
			Entry("a fifth of many people", acme(200, v1alpha1.DirectoryProtection{}), listed, 40, false),
		)
	})

	It("LMI-10 knows how people join", func() {
		o := acme(1, v1alpha1.DirectoryProtection{})
		Expect(directory.OnboardingOf(o)).To(Equal(v1alpha1.OnboardingNone))
		o.Spec.Directory.Onboarding = v1alpha1.DirectoryInvite
		Expect(directory.OnboardingOf(o)).To(Equal(v1alpha1.OnboardingInvite))
	})
})
