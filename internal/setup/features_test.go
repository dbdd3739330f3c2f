// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/testing/meters"
)

var _ = Describe("An optional feature that does not work", func() {
	var f *features
	var recorder *events.FakeRecorder

	BeforeEach(func() {
		f, recorder = newFeatures(logr.Discard(), "usher-system"), events.NewFakeRecorder(10)
	})
	degraded := func(name feature) float64 {
		GinkgoHelper()
		value, err := meters.Value("usher_feature_degraded", string(name))
		Expect(err).NotTo(HaveOccurred())
		return value
	}

	It("is told by a metric and by one event for each change", func() {
		f.report(featureGateway, nil)
		f.report(featureGateway, errors.New("the key is short"))
		Expect(degraded(featureGateway)).To(BeEquivalentTo(1))
		Expect(degraded(featurePortal)).To(BeZero())
		f.recordWith(recorder)
		Expect(recorder.Events).To(Receive(Equal("Warning FeatureDegraded gateway: the key is short")), "known before there was a recorder")
		f.report(featureGateway, errors.New("the key is short"))
		f.report(featureGateway, errors.New("there is no key"))
		f.report(featureGateway, nil)
		f.report(featureGateway, nil)
		Expect(recorder.Events).To(Receive(Equal("Warning FeatureDegraded gateway: there is no key")))
		Expect(recorder.Events).To(Receive(Equal("Normal FeatureRestored gateway: works again")))
		Expect(recorder.Events).NotTo(Receive())
		Expect(degraded(featureGateway)).To(BeZero())
	})

	It("has its error cut to the size of an event", func() {
		f.recordWith(recorder)
		f.report(featureGateway, errors.New(strings.Repeat("é", 2000)))
		Expect(recorder.Events).To(Receive(HaveSuffix(" … (the operator's log has the whole list)")))
	})

	It("is checked again and again until the operator ends", func(ctx context.Context) {
		running, stop := context.WithCancel(ctx)
		var checks atomic.Int32
		ended := make(chan error, 1)
		w := watched{f, featureGateway, func() error {
			if checks.Add(1) < 3 {
				return errors.New("not yet")
			}
			return nil
		}, time.Millisecond}
		Expect(w.NeedLeaderElection()).To(BeFalse())
		go func() { ended <- w.Start(running) }()
		Eventually(checks.Load).Should(BeNumerically(">", 3))
		Expect(f.isDegraded(featureGateway)).To(BeFalse())
		stop()
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("does not keep a server's replica from being ready, and the server is started until it listens", func(ctx context.Context) {
		running, stop := context.WithCancel(ctx)
		var starts atomic.Int32
		free, ended := make(chan struct{}), make(chan error, 1)
		s := optionalServer{features: f, name: featureIntake, retry: time.Millisecond, server: manager.RunnableFunc(func(ctx context.Context) error {
			starts.Add(1)
			select {
			case <-free:
				<-ctx.Done()
				return nil
			default:
				return errors.New("address already in use")
			}
		}), ready: func(*http.Request) error {
			select {
			case <-free:
				return nil
			default:
				return errors.New("not listening")
			}
		}}
		Expect(s.check(nil)).NotTo(Succeed(), "it is about to listen")
		Expect(s.NeedLeaderElection()).To(BeFalse())
		go func() { ended <- s.Start(running) }()
		Eventually(starts.Load).Should(BeNumerically(">", 2))
		Eventually(func() bool { return f.isDegraded(featureIntake) }).Should(BeTrue())
		Expect(s.check(nil)).To(Succeed(), "admission goes on")
		close(free)
		Eventually(func() bool { return f.isDegraded(featureIntake) }).Should(BeFalse())
		Expect(s.check(nil)).To(Succeed())
		stop()
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("may be the links, which are not signed or called invalid without keys, until the Secret is corrected", func() {
		keys := linkKeys{&linktoken.KeyRing{}, f}
		broken := &corev1.Secret{Data: map[string][]byte{"0001": []byte("short")}}
		broken.Namespace, broken.Name = "usher-system", keySecret
		Expect(keys.use(broken)).To(MatchError(ContainSubstring("Secret usher-system/usher-link-keys")))
		Expect(f.isDegraded(featureLinks)).To(BeTrue())
		_, err := keys.ring.Sign(linktoken.PurposeInvite, "6f1c0f0e-7d3a-4e0f-9a43-0d5c2f6a9b11", "nora@acme.example", 1)
		Expect(err).To(MatchError(linktoken.ErrNoKeys))
		_, err = keys.ring.SignDigest(linktoken.PurposeInvite, "6f1c0f0e-7d3a-4e0f-9a43-0d5c2f6a9b11",
			linktoken.AddressDigest("nora@acme.example"), 1)
		Expect(err).To(MatchError(linktoken.ErrNoKeys))
		_, err = keys.ring.Verify(linktoken.PurposeInvite, "token")
		Expect(err).To(MatchError(linktoken.ErrNoKeys))
		Expect(keys.use(&corev1.Secret{Data: keys.initialData()})).To(Succeed())
		Expect(f.isDegraded(featureLinks)).To(BeFalse())
		_, err = keys.ring.Verify(linktoken.PurposeInvite, "token")
		Expect(err).To(MatchError(linktoken.ErrBadToken))
	})
})
