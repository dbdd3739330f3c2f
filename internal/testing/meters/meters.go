// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package meters reads metrics in tests as Prometheus would.
package meters

import (
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Value returns the value of a counter or a gauge of this process with the given value of its only label, or "" for a metric
// without a label. It fails if there is no such metric.
func Value(name, label string) (float64, error) {
	families, err := metrics.Registry.Gather()
	if err != nil {
		return 0, err
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			value := ""
			for _, pair := range metric.GetLabel() {
				value = pair.GetValue()
			}
			if value == label {
				return metric.GetCounter().GetValue() + metric.GetGauge().GetValue(), nil
			}
		}
	}
	return 0, fmt.Errorf("there is no metric %s with the label %q", name, label)
}

// Label returns the value of the only label of the only metric of a family, such as one with information. It fails if there is no such
// metric.
func Label(name string) (string, error) {
	families, err := metrics.Registry.Gather()
	if err != nil {
		return "", err
	}
	for _, family := range families {
		if family.GetName() == name && len(family.GetMetric()) == 1 {
			return family.GetMetric()[0].GetLabel()[0].GetValue(), nil
		}
	}
	return "", fmt.Errorf("there is no metric %s, or more than one", name)
}

// Rises returns a function that returns by how much a metric has risen since this call.
func Rises(name, label string) func() (float64, error) {
	before, failed := Value(name, label)
	return func() (float64, error) {
		if failed != nil {
			return 0, failed
		}
		after, err := Value(name, label)
		return after - before, err
	}
}
