// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package live holds values that may change while they are used, such as what the operator's configuration says.
package live

import "sync/atomic"

// Value is a value that may change. Its copies share it. It is safe for concurrent use. Whoever uses it loads it once for each thing that
// they do, so that this is done by one value. The zero Value holds T's zero value and cannot be changed.
type Value[T any] struct{ current *atomic.Pointer[T] }

// Of returns a Value that holds a value.
func Of[T any](value T) Value[T] {
	v := Value[T]{current: &atomic.Pointer[T]{}}
	v.Store(value)
	return v
}

// Load returns the value in force.
func (v Value[T]) Load() T {
	if v.current == nil {
		var none T
		return none
	}
	return *v.current.Load()
}

// Store puts a value in force.
func (v Value[T]) Store(value T) { v.current.Store(&value) }
