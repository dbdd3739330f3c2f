// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// feature is a part of the operator without which it can answer admission requests and reconcile.
type feature string

const (
	featureAccounts           feature = "accounts"
	featureAuditEvents        feature = "audit-events"
	featureCertificate        feature = "certificate"
	featureConfiguration      feature = "configuration"
	featureRestart            feature = "configuration-restart"
	featureGateway            feature = "gateway"
	featureGrowth             feature = "growth"
	featureIntake             feature = "intake"
	featureLinks              feature = "links"
	featureMailTemplates      feature = "mail-templates"
	featureMetrics            feature = "metrics"
	featureMetricsCertificate feature = "metrics-certificate"
	featurePortal             feature = "portal"
)

// featuresOf are the features of each component. Those that both have count as the controllers'.
var featuresOf = map[Component][]feature{
	ComponentControllers: {
		featureAccounts, featureAuditEvents, featureCertificate, featureConfiguration, featureRestart, featureGateway, featureGrowth,
		featureLinks, featureMailTemplates, featureMetrics,
	},
	ComponentPortal: {featureIntake, featureMetricsCertificate, featurePortal},
}

// Reasons of the events about features.
const (
	// ReasonFeatureDegraded says that an optional part of the operator does not work, and what to do.
	ReasonFeatureDegraded = "FeatureDegraded"
	// ReasonFeatureRestored says that it works again.
	ReasonFeatureRestored = "FeatureRestored"
)

var featureDegraded = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "usher_feature_degraded",
	Help: "1 while an optional feature does not work in this replica, by feature; the operator's log says why.",
}, []string{"feature"})

func init() {
	for _, all := range featuresOf {
		for _, f := range all {
			featureDegraded.WithLabelValues(string(f)) // starts at zero, so that an alert has something to look at
		}
	}
	metrics.Registry.MustRegister(featureDegraded)
}

// features knows which optional features do not work. What is wrong with one must not keep the operator from starting: admission
// fails closed, so all changes of Usher's kinds would be refused because of, say, a token that is too short. It is told in the log, by
// a metric and by an event in the operator's namespace.
type features struct {
	log       logr.Logger
	namespace string

	mu       sync.Mutex
	wrong    map[feature]string
	recorder events.EventRecorder
}

func newFeatures(log logr.Logger, namespace string, components ...Component) *features {
	for _, c := range components {
		for _, f := range featuresOf[c] {
			featureDegraded.WithLabelValues(string(f)).Set(0)
		}
	}
	return &features{log: log, namespace: namespace, wrong: map[feature]string{}}
}

// recordWith sets the recorder, and reports with it what was found before there was one.
func (f *features) recordWith(recorder events.EventRecorder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recorder = recorder
	for name, message := range f.wrong {
		f.emit(corev1.EventTypeWarning, ReasonFeatureDegraded, name, message)
	}
}

// report notes what is wrong with a feature, or that it works: nil. Only changes are told.
func (f *features) report(name feature, err error) {
	message := ""
	if err != nil {
		message = err.Error()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch message {
	case f.wrong[name]:
	case "":
		delete(f.wrong, name)
		featureDegraded.WithLabelValues(string(name)).Set(0)
		f.log.Info("the feature works again", "feature", name)
		f.emit(corev1.EventTypeNormal, ReasonFeatureRestored, name, "works again")
	default:
		f.wrong[name] = message
		featureDegraded.WithLabelValues(string(name)).Set(1)
		f.log.Error(err, "an optional feature does not work, everything else does: correct what the error names", "feature", name)
		f.emit(corev1.EventTypeWarning, ReasonFeatureDegraded, name, message)
	}
}

// isDegraded reports whether a feature does not work.
func (f *features) isDegraded(name feature) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wrong[name] != ""
}

// emit emits an event about the operator's own Pod. In a Pod, that is the host's name.
func (f *features) emit(kind, reason string, name feature, message string) {
	if f.recorder == nil {
		return
	}
	host, err := os.Hostname()
	if err != nil {
		host = "usher"
	}
	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: host},
	}
	// Events of one reason and action are counted as one, so each feature is an action.
	f.recorder.Eventf(pod, nil, kind, reason, string(name), "%s", shortened(string(name)+": "+message))
}

// watched checks a feature when the operator starts and from time to time after that, in every replica: what it reads may have been
// corrected, or spoiled.
type watched struct {
	features *features
	name     feature
	check    func() error
	interval time.Duration
}

// checkInterval is how often features are checked.
const checkInterval = 10 * time.Second

// Start checks until ctx ends.
func (w watched) Start(ctx context.Context) error {
	for {
		w.features.report(w.name, w.check())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.interval):
		}
	}
}

// NeedLeaderElection is false: every replica uses the feature.
func (watched) NeedLeaderElection() bool { return false }
