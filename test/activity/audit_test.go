// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	endpoint "github.com/usher-operator/usher/internal/activity"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// send posts an event about a person to the operator with a token, and returns the status of the answer.
func send(ctx context.Context, bearer, username, namespace string) int {
	GinkgoHelper()
	body := fmt.Sprintf(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"stage":"ResponseComplete","user":{"username":%q},`+
		`"objectRef":{"namespace":%q},"responseStatus":{"code":200},"requestReceivedTimestamp":%q}]}`,
		username, namespace, clock().Format(time.RFC3339Nano))
	url := "https://" + net.JoinHostPort(env.WebhookHost, strconv.Itoa(env.WebhookPort)) + endpoint.AuditPath
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	Expect(err).NotTo(HaveOccurred())
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(answer.Body.Close()).To(Succeed())
	return answer.StatusCode
}

var _ = Describe("ORG-17 Audit events that the API server sends", func() {
	It("update the last activity of a person who reads in a workspace's namespace, with one write", func(ctx context.Context) {
		at(-time.Hour)
		org := organization(ctx, "ana", "bea")
		w := workspace(ctx, org, "support")
		Eventually(func() error { return hello(ctx, address(org, "ana"), w.Status.Namespace) }).Should(Succeed())
		settle(ctx, org)
		ana, bea := lastActive(ctx, org, "ana")(Default), lastActive(ctx, org, "bea")(Default)
		Expect(ana).To(BeTemporally("<", time.Now().Add(-interval)))

		at(0)
		since := time.Now()
		for range 50 {
			Expect(hello(ctx, address(org, "ana"), w.Status.Namespace)).To(Succeed())
		}
		Eventually(lastActive(ctx, org, "ana")).Should(BeTemporally(">=", since.Truncate(time.Second)))
		settle(ctx, org)
		Expect(writes(ctx, since, org)).To(ConsistOf(HaveField("RequestURI", HaveSuffix("/orgusers/ana/status"))))
		Expect(lastActive(ctx, org, "bea")(Default)).To(Equal(bea))
	})

	It("count if the API server refused the request, but not if the person is suspended", func(ctx context.Context) {
		at(-time.Hour)
		org := organization(ctx, "ana", "bea")
		eva := builders.OrgUser(org, "eva").Existing().Obj()
		Expect(env.Client.Create(ctx, eva)).To(Succeed())
		Eventually(read(ctx, eva)).Should(HaveField("Status.LastActive", Not(BeElementOf("", "Pending"))))
		bea := builders.OrgUser(org, "bea").Obj()
		Eventually(func(g Gomega) {
			read(ctx, bea)(g).Spec.Suspend = true
			g.Expect(env.Client.Update(ctx, bea)).To(Succeed())
		}).Should(Succeed())
		Eventually(read(ctx, bea)).Should(HaveField("Status.State", BeEquivalentTo("Suspended")))
		before := lastActive(ctx, org, "bea")(Default)
		settle(ctx, org)

		at(0)
		since := time.Now()
		Expect(hello(ctx, address(org, "bea"), org)).To(Satisfy(apierrors.IsForbidden))
		Expect(hello(ctx, address(org, "eva"), org)).To(Satisfy(apierrors.IsForbidden))
		Eventually(lastActive(ctx, org, "eva")).Should(BeTemporally(">=", since.Truncate(time.Second)))
		Expect(lastActive(ctx, org, "bea")(Default)).To(Equal(before))
	})

	It("are accepted only with a token from the token file", func(ctx context.Context) {
		at(-time.Hour)
		org := organization(ctx, "ana", "bea")
		settle(ctx, org)
		before := lastActive(ctx, org, "ana")(Default)
		at(0)
		Expect(send(ctx, "", address(org, "ana"), org)).To(Equal(http.StatusUnauthorized))
		Expect(send(ctx, token+"x", address(org, "ana"), org)).To(Equal(http.StatusUnauthorized))

		const another = "another-token-that-is-long-enough"
		DeferCleanup(func() { Expect(os.WriteFile(tokens, []byte(token), 0o600)).To(Succeed()) })
		Expect(send(ctx, another, address(org, "ana"), org)).To(Equal(http.StatusUnauthorized))
		Expect(os.WriteFile(tokens, []byte(token+"\n"+another+"\n"), 0o600)).To(Succeed())
		Expect(send(ctx, another, address(org, "bea"), org)).To(Equal(http.StatusOK))
		// People are written in the order in which they were seen, so ana's write would have come first.
		Eventually(lastActive(ctx, org, "bea")).Should(BeTemporally(">", before.Add(interval)))
		Expect(lastActive(ctx, org, "ana")(Default)).To(Equal(before))
	})
})
