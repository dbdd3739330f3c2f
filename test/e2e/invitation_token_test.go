// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// Offsets in a token: version, purpose, key, send count, UID of the object, digest of the address, signature.
const (
	tokenPurpose   = 1
	tokenUID       = 10
	tokenAddress   = 26
	tokenSignature = 42
)

var _ = Describe("An invitation link", Ordered, func() {
	var (
		org, luis, eva             string
		i, other, elsewhere        *v1alpha1.Invitation
		genuine, evas, others, far string
	)

	BeforeAll(func(ctx context.Context) {
		org = organization(ctx, english)
		foreign := organization(ctx, english)
		luis, eva = "luis@"+org+".example", "eva@"+org+".example"
		sam, pat := "sam@"+org+".example", "pat@"+foreign+".example"
		i, other = builders.Invitation(org, "team", luis, eva).Obj(), builders.Invitation(org, "other", sam).Obj()
		elsewhere = builders.Invitation(foreign, "team", pat).Obj()
		invite(ctx, i, other, elsewhere)
		genuine, evas = tokenIn(newestLink(luis, "/i/", 1)), tokenIn(newestLink(eva, "/i/", 1))
		others, far = tokenIn(newestLink(sam, "/i/", 1)), tokenIn(newestLink(pat, "/i/", 1))
	})

	bytesOf := func(token string) []byte {
		GinkgoHelper()
		raw, err := base64.RawURLEncoding.DecodeString(token)
		Expect(err).NotTo(HaveOccurred())
		return raw
	}
	// spliced returns the genuine token with a part replaced by that of another token.
	spliced := func(other string, from, to int) string {
		raw := bytesOf(genuine)
		copy(raw[from:to], bytesOf(other)[from:to])
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	// unmoved checks that using links writes nothing.
	unmoved := func(ctx context.Context, try func()) {
		GinkgoHelper()
		settle(ctx)
		before := get(ctx, i)(Default).ResourceVersion
		try()
		settle(ctx)
		Expect(get(ctx, i)(Default).ResourceVersion).To(Equal(before))
		Expect(look(ctx, usher.PortalURL+"/i/"+genuine)).To(invited(), "the genuine one")
	}
	answers := func(ctx context.Context, path, token string, expected page) {
		GinkgoHelper()
		Expect(look(ctx, usher.PortalURL+path+token)).To(Equal(expected), "GET %s%s", path, token)
		Expect(press(ctx, usher.PortalURL+path+token, filledIn("Mallory"))).To(Equal(expected), "POST %s%s", path, token)
	}

	It("ORG-21 with any altered character is unknown", func(ctx context.Context) {
		unmoved(ctx, func() {
			for n := range genuine {
				changed := []byte(genuine)
				if changed[n] = 'A'; genuine[n] == 'A' {
					changed[n] = 'B'
				}
				Expect(look(ctx, usher.PortalURL+"/i/"+string(changed))).To(Equal(pageUnknown), "character %d", n)
			}
		})
	})

	It("ORG-21 that is truncated, extended or padded is unknown", func(ctx context.Context) {
		unmoved(ctx, func() {
			for _, token := range []string{
				genuine[:len(genuine)-1], genuine[1:], genuine[:len(genuine)/2], genuine + "A", genuine + "=", genuine + "%0A",
				genuine[:40] + "%0A" + genuine[40:], genuine + genuine, strings.Repeat("A", 5000), strings.ToUpper(genuine), "", "%00",
			} {
				answers(ctx, "/i/", token, pageUnknown)
			}
		})
	})

	It("ORG-21 that is random, or signed with another key of the same name, is unknown", func(ctx context.Context) {
		chance := make([]byte, len(bytesOf(genuine)))
		_, err := rand.Read(chance)
		Expect(err).NotTo(HaveOccurred())
		secret := keysSecret(ctx)
		named := map[string][]byte{}
		for name := range secret.Data {
			named[name] = linktoken.NewKey()
		}
		keys, err := linktoken.NewKeys(named)
		Expect(err).NotTo(HaveOccurred())
		forged, err := keys.Sign(linktoken.PurposeInvite, i.UID, luis, 1)
		Expect(err).NotTo(HaveOccurred())
		unmoved(ctx, func() {
			answers(ctx, "/i/", base64.RawURLEncoding.EncodeToString(chance), pageUnknown)
			answers(ctx, "/i/", forged, pageUnknown)
			answers(ctx, "/i/", spliced(evas, tokenSignature, len(chance)), pageUnknown)
		})
	})

	It("ORG-21 with parts of another person's, Invitation's or organization's link, or another purpose, is unknown", func(ctx context.Context) {
		confirm := bytesOf(genuine)
		confirm[tokenPurpose] = byte(linktoken.PurposeConfirm)
		later := bytesOf(genuine)
		later[tokenUID-1]++
		unmoved(ctx, func() {
			answers(ctx, "/i/", spliced(evas, tokenAddress, tokenSignature), pageUnknown)
			answers(ctx, "/i/", spliced(others, tokenUID, tokenAddress), pageUnknown)
			answers(ctx, "/i/", spliced(far, tokenUID, tokenAddress), pageUnknown)
			answers(ctx, "/i/", spliced(far, tokenUID, tokenSignature), pageUnknown)
			answers(ctx, "/c/", genuine, pageUnknown)
			answers(ctx, "/c/", base64.RawURLEncoding.EncodeToString(confirm), pageUnknown)
			answers(ctx, "/i/", base64.RawURLEncoding.EncodeToString(later), pageUnknown)
		})
	})

	It("ORG-21 that is signed with Usher's own key grants nothing to a person who is not invited", func(ctx context.Context) {
		keys, err := linktoken.NewKeys(keysSecret(ctx).Data)
		Expect(err).NotTo(HaveOccurred())
		sign := func(purpose linktoken.Purpose, uid types.UID, email string, sendCount int32) string {
			token, err := keys.Sign(purpose, uid, email, sendCount)
			Expect(err).NotTo(HaveOccurred())
			return token
		}
		Expect(sign(linktoken.PurposeInvite, i.UID, luis, 1)).To(Equal(genuine), "the key is the right one")
		confirm := sign(linktoken.PurposeConfirm, i.UID, luis, 1)
		unmoved(ctx, func() {
			answers(ctx, "/i/", sign(linktoken.PurposeInvite, i.UID, "mallory@"+org+".example", 1), pageRevoked)
			answers(ctx, "/i/", sign(linktoken.PurposeInvite, elsewhere.UID, luis, 1), pageRevoked)
			answers(ctx, "/i/", sign(linktoken.PurposeInvite, i.UID, luis, 2), pageRevoked)
			answers(ctx, "/i/", sign(linktoken.PurposeInvite, i.UID, luis, 0), pageRevoked)
			gone := sign(linktoken.PurposeInvite, "00000000-0000-4000-8000-000000000000", luis, 1)
			Expect(look(ctx, usher.PortalURL+"/i/"+gone).Status).To(Equal(http.StatusGone))
			Expect(look(ctx, usher.PortalURL+"/c/"+confirm)).To(Equal(pageUsed), "there is nothing to confirm before the registration")
			Expect(press(ctx, usher.PortalURL+"/c/"+confirm, nil).Status).To(BeNumerically("<", 500))
		})
	})

	It("ORG-21 that is used again leads to the same page and changes nothing", func(ctx context.Context) {
		link := usher.PortalURL + "/i/" + genuine
		press(ctx, link, filledIn("Luis"))
		confirm := newestLink(luis, "/c/", 1)
		Expect(press(ctx, link, filledIn("Mallory"))).To(Equal(page{http.StatusOK, "Check your mail"}))
		Expect(recipientOf(get(ctx, i)(Default), luis).Registration.DisplayName).To(BeEquivalentTo("Luis"))
		Expect(look(ctx, usher.PortalURL+"/i/"+tokenIn(confirm))).To(Equal(pageUnknown), "another purpose")
		Expect(look(ctx, confirm)).To(Equal(pageConfirm))
		press(ctx, confirm, nil)
		user := userOf(ctx, org, luis)
		Eventually(get(ctx, user)).Should(HaveField("Status.State", v1alpha1.UserActive))
		settle(ctx)
		version := get(ctx, i)(Default).ResourceVersion
		for _, used := range []string{link, confirm} {
			Expect(look(ctx, used)).To(Equal(pageUsed))
			Expect(press(ctx, used, filledIn("Mallory"))).To(HaveField("Status", http.StatusOK))
			Expect(press(ctx, used, map[string][]string{"action": {"decline"}})).To(HaveField("Status", http.StatusOK))
		}
		settle(ctx)
		Expect(get(ctx, i)(Default).ResourceVersion).To(Equal(version))
		Expect(get(ctx, user)(Default).Status.DisplayName).To(Equal("Luis"))

		By("using it after the invitation was resent to the others")
		resend(ctx, i, "1")
		Eventually(get(ctx, i)).Should(stateOf(eva, v1alpha1.RecipientInvited, 2))
		answers(ctx, "/i/", evas, pageReplaced)
		Expect(look(ctx, link)).To(Equal(pageUsed))
	})
})

func keysSecret(ctx context.Context) *corev1.Secret {
	GinkgoHelper()
	return get(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "usher-system", Name: "usher-link-keys"}})(Default)
}
