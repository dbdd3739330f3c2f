// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// measured is a guard whose usage a spec sets. It does not measure by itself.
type measured struct {
	*Guard

	told []error
}

func newMeasured() *measured {
	m := &measured{}
	ended, end := context.WithCancel(context.Background())
	end()
	m.Guard = NewGuard(ended, func() Usage { return Usage{} }, func(full error) { m.told = append(m.told, full) })
	Eventually(func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.filled
	}).Should(BeTrue())
	m.filled = false
	return m
}

// uses sets the usage, in MiB of a limit of 100 MiB.
func (m *measured) uses(needed uint64) {
	m.measure = func() Usage { return Usage{Needed: needed * mib, Used: needed * mib, Limit: 100 * mib} }
	m.sample()
}

// needs makes the process need a number of MiB, and have no garbage.
func (m *measured) needs(needed uint64) { m.uses(needed) }

// allocated makes the process have a number of MiB that were allocated since the last collection.
func (m *measured) allocated(more uint64) {
	needed := m.measure().Needed
	m.measure = func() Usage { return Usage{Needed: needed, Used: needed + more*mib, Limit: 100 * mib} }
}

func (m *measured) admit(objects int) {
	for range objects {
		m.Admit()
	}
}

var _ = Describe("The guard of the memory", func() {
	It("OPS-10 lets nothing be added from 60 % of the limit on, until it is below 55 % again, and says so once", func() {
		m := newMeasured()
		m.uses(59)
		Expect(m.Full()).To(Succeed())
		m.uses(60)
		Expect(m.Full()).To(MatchError("the operator needs more than 55 % of its memory limit of 100 MiB: nothing can be added until the " +
			"platform team sets a higher resources.limits.memory in the operator's Deployment"))
		m.uses(56)
		Expect(m.Full()).NotTo(Succeed())
		Expect(m.told).To(HaveExactElements(MatchError(ContainSubstring("100 MiB"))))
		m.uses(54)
		Expect(m.Full()).To(Succeed())
		Expect(m.told).To(HaveLen(2))
		Expect(m.told[1]).NotTo(HaveOccurred())
	})

	It("OPS-10 has room for everything without a limit", func() {
		m := newMeasured()
		m.measure = func() Usage { return Usage{Needed: 1 << 40} }
		m.sample()
		Expect(m.Full()).To(Succeed())
		Expect(m.Fits()).To(Succeed())
		m.Admit()
	})

	It("OPS-10 holds up a cache that is being filled and does not fit, until there is room", func() {
		m := newMeasured()
		m.uses(71)
		m.Admit()
		Expect(m.Fits()).To(Succeed())
		m.uses(72)
		Expect(m.Fits()).To(MatchError("the cache does not fit into the memory: it is not filled any further, because more than 68 % of the memory " +
			"limit of 100 MiB are needed: set a higher resources.limits.memory in the operator's Deployment; docs/sizing.md says how much"))
		admitted := make(chan struct{})
		go func() {
			m.Admit()
			close(admitted)
		}()
		Consistently(admitted).ShouldNot(BeClosed())
		m.uses(50)
		Eventually(admitted).Should(BeClosed())
	})

	It("OPS-10 says that the cache does not fit rather than that nothing can be added, and then that it does", func() {
		m := newMeasured()
		m.uses(85)
		m.uses(69)
		m.uses(67)
		m.uses(50)
		Expect(m.told).To(HaveExactElements(MatchError(ContainSubstring("does not fit")), MatchError(ContainSubstring("nothing can be added")), BeNil()))
	})

	It("OPS-10 holds up no change once the cache has been filled", func() {
		m := newMeasured()
		m.uses(50)
		m.Filled()
		m.uses(99)
		m.Admit()
		Expect(m.Fits()).To(Succeed())
	})

	It("OPS-10 holds up the election and the readiness of a replica whose cache is full, until there is room for what a start brings", func() {
		m := newMeasured()
		m.uses(72)
		filled := make(chan struct{})
		go m.Filled()
		go func() {
			m.AwaitFilled()
			close(filled)
		}()
		Consistently(filled).ShouldNot(BeClosed())
		Expect(m.Fits()).NotTo(Succeed())
		m.uses(50)
		Eventually(filled).Should(BeClosed())
		Expect(m.Fits()).To(Succeed())
	})

	Describe("collects garbage", func() {
		var m *measured
		var collections int
		BeforeEach(func() {
			m = newMeasured()
			collections = 0
			m.collect = func() {
				collections++
				m.allocated(0)
			}
		})

		It("OPS-10 while a cache is being filled, before garbage is taken for room, and holds it up by what is left", func() {
			m.needs(50)
			m.allocated(21)
			m.admit(10 * admitted)
			Expect(collections).To(BeZero())
			m.allocated(22)
			m.admit(10 * admitted)
			Expect(collections).To(Equal(1))
			Expect(m.Fits()).To(Succeed())
			m.needs(71)
			m.allocated(2)
			m.collect = func() { m.needs(73) } // what was allocated was no garbage
			go m.admit(admitted)
			Eventually(m.Fits).Should(MatchError(ContainSubstring("does not fit")))
		})

		It("OPS-10 between passes while memory is short, and makes none of them wait for more", func() {
			m.Filled()
			m.needs(50)
			m.allocated(45)
			m.Pace()
			Expect(collections).To(BeZero(), "Go collects in time by itself")
			m.needs(75)
			m.allocated(14)
			m.Pace()
			Expect(collections).To(BeZero())
			m.allocated(15)
			m.Pace()
			m.Pace()
			Expect(collections).To(Equal(1))
			m.needs(99)
			m.Pace()
			Expect(collections).To(Equal(2))
		})
	})

	It("OPS-10 creates no account while nothing can be added, and everything else", func(ctx context.Context) {
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		m := newMeasured()
		c := m.Client(fake.NewClientBuilder().WithScheme(scheme).Build())
		m.uses(85)
		Expect(c.Create(ctx, builders.OrgUser("acme", "luis").Obj())).To(MatchError(HavePrefix(
			"cannot create an account for luis@acme.example: the operator needs more than 55 % of its memory limit")))
		Expect(c.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "acme-support"}})).To(Succeed())
		m.uses(50)
		Expect(c.Create(ctx, builders.OrgUser("acme", "luis").Obj())).To(Succeed())
	})

	It("OPS-10 measures what is needed as less than Go's limit in a small process", func() {
		usage := Current()
		Expect(usage.Needed).To(And(BeNumerically(">", 1*mib), BeNumerically("<", 200*mib)))
		Expect(usage.Limit).To(BeZero(), "there is no limit in a test")
	})
})
