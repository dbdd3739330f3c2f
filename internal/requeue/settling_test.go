// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package requeue_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/requeue"
)

var _ = DescribeTable("What was declared together with an object has to arrive", func(age, wait time.Duration) {
	created := time.Unix(1_000_000, 0)
	o := &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(created)}}
	Expect(requeue.Settling(o, 3*time.Second, created.Add(age))).To(Equal(wait))
},
	Entry("within the delay", time.Second, 2*time.Second),
	Entry("not later", time.Minute, time.Duration(0)),
	Entry("a little more when the clock is a little late", -time.Second, 4*time.Second),
	Entry("not when the clock is an hour late, which would take the hour", -time.Hour, time.Duration(0)),
)
