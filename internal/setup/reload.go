// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// reloadInterval is how often the configuration is read. The kubelet takes up to a minute to update a mounted ConfigMap.
const reloadInterval = 5 * time.Second

var configurationInfo = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "usher_configuration_info",
	Help: "1 for the configuration in force in this replica, by the hash of its values: replicas with the same hash run the same.",
}, []string{"hash"})

func init() { metrics.Registry.MustRegister(configurationInfo) }

// reload puts in force what changes in the configuration while the operator runs. What is invalid changes nothing. What takes effect
// after a restart is reported until then.
type reload struct {
	read     func() (Options, error)
	live     *liveOptions
	features *features
	log      logr.Logger
	// inForce are the values in force, by their keys.
	inForce   map[string]any
	namespace string
}

// addReload adds the reading of the configuration in every replica, unless nothing can be read again.
func addReload(mgr ctrl.Manager, o *Options) error {
	r := newReload(o, mgr.GetLogger().WithName("configuration"))
	if o.Reload == nil {
		return nil
	}
	return mgr.Add(watched{o.features, featureConfiguration, r.check, cmp.Or(o.ReloadInterval, reloadInterval)})
}

func newReload(o *Options, log logr.Logger) *reload {
	r := &reload{read: o.Reload, live: o.live, features: o.features, log: log, namespace: o.Namespace, inForce: map[string]any{}}
	for _, s := range settings {
		r.inForce[s.key] = s.value(o)
	}
	r.measure()
	return r
}

// check reads the configuration, puts in force what changes in place, and reports what does not. It returns why the file cannot be used.
func (r *reload) check() error {
	o, err := r.read()
	if err == nil {
		err = o.Validate()
	}
	if err != nil {
		return fmt.Errorf("the configuration that was read before stays in force: %w", err)
	}
	changed, later := r.changes(&o)
	if len(changed) > 0 {
		r.live.apply(&o)
		for _, s := range changed {
			r.inForce[s.key] = s.value(&o)
		}
		r.measure()
		r.log.Info("the configuration has changed, and is in force", "keys", keysIn(changed))
	}
	r.features.report(featureRestart, r.pending(later))
	return nil
}

// pending says which keys wait for a restart.
func (r *reload) pending(later []setting) error {
	if len(later) == 0 {
		return nil
	}
	return fmt.Errorf("the configuration has changed, but some of it takes effect after a restart: %s: "+
		"kubectl -n %s rollout restart deployment", strings.Join(keysIn(later), ", "), r.namespace)
}

// changes returns the settings whose values are not in force: those that change in place, and those that take effect after a restart.
func (r *reload) changes(o *Options) (changed, later []setting) {
	for _, s := range settings {
		switch {
		case equalValues(s.value(o), r.inForce[s.key]):
		case s.live:
			changed = append(changed, s)
		default:
			later = append(later, s)
		}
	}
	return changed, later
}

// equalValues reports whether two values are equal. No list is as good as an empty one.
func equalValues(a, b any) bool {
	if x, y := reflect.ValueOf(a), reflect.ValueOf(b); x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}

func keysIn(settings []setting) []string {
	keys := make([]string, len(settings))
	for n, s := range settings {
		keys[n] = s.key
	}
	return keys
}

// measure says in a metric which configuration is in force.
func (r *reload) measure() {
	configurationInfo.Reset()
	configurationInfo.WithLabelValues(r.hash()).Set(1)
}

// hash returns the hash of the values in force.
func (r *reload) hash() string {
	values := map[string]any{}
	for key, value := range r.inForce {
		if v := reflect.ValueOf(value); v.Kind() != reflect.Slice || v.Len() > 0 {
			values[key] = value
		}
	}
	text, _ := json.Marshal(values) // in the order of the keys; they are plain values
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
