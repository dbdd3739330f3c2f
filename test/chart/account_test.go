// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// accountConfig returns the configuration of the operator's ServiceAccount in a namespace.
func accountConfig(ctx context.Context, in string) *rest.Config {
	GinkgoHelper()
	config, err := env.ServiceAccountConfig(ctx, in, account)
	Expect(err).NotTo(HaveOccurred())
	return config
}

// binding returns a RoleBinding that gives the ClusterRole admin to somebody.
func binding(in string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: in, Name: "usher-eve"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "eve@acme.example"}},
	}
}
