// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
)

func TestOnboarding(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Onboarding")
}

const (
	uid     = types.UID("7b1d3c52-3c0f-4b8e-9d55-0a4f6f2f3a11")
	address = "luis@acme.example"
)
