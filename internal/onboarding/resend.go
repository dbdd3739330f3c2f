// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package onboarding

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// How many bytes of the annotation's value are recorded: of the one on the object that keeps the onboarding, and of the one on the OrgUser
// of a recipient. An Invitation has hundreds of those.
const (
	maxResendLength          = 256
	maxRecipientResendLength = 64
)

// Resend is what the resend annotation requests (WXP-7).
type Resend struct {
	// Addresses are the addresses that the value names, in their normal form. If it names none, everybody is concerned.
	Addresses []string
	// Malformed are the words of the value that are meant as addresses and are none.
	Malformed []string

	value string
}

// ResendOf reads the resend annotation of an object.
func ResendOf(o metav1.Object) Resend {
	value := o.GetAnnotations()[v1alpha1.AnnotationResend]
	addresses, malformed := emailaddr.Mentions(value)
	return Resend{Addresses: addresses, Malformed: malformed, value: value}
}

// Observed returns what is recorded of the value once it has been acted on: a long one ends in its digest.
func (r Resend) Observed() string { return r.shortened(maxResendLength) }

// ObservedForRecipient returns what is recorded of the value on a recipient's OrgUser once it has been acted on.
func (r Resend) ObservedForRecipient() string { return r.shortened(maxRecipientResendLength) }

func (r Resend) shortened(limit int) string {
	if len(r.value) <= limit {
		return r.value
	}
	sum := sha256.Sum256([]byte(r.value))
	digest := "…" + hex.EncodeToString(sum[:8])
	return attempt.Shorten(r.value, limit-len(digest)) + digest
}

// Requested reports whether the value has not been acted on: it is not empty and differs from the one that was recorded last. A long one
// may have been recorded without its digest, by an earlier version.
func (r Resend) Requested(observed string) bool {
	return r.value != "" && !slices.Contains([]string{
		r.Observed(), r.ObservedForRecipient(), attempt.Shorten(r.value, maxResendLength),
	}, observed)
}

// Value is the value as it is.
func (r Resend) Value() string { return r.value }

// Concerns reports whether the request concerns an address: the value names it, or names nobody.
func (r Resend) Concerns(email string) bool {
	return len(r.Addresses)+len(r.Malformed) == 0 || r.Names(email)
}

// Names reports whether the value names an address.
func (r Resend) Names(email string) bool {
	return slices.Contains(r.Addresses, emailaddr.Normalize(email))
}

// CanResend reports whether a person can be invited again by a request that concerns them. Somebody who waits to be invited for the first
// time cannot, nor somebody who has accepted, or whose account was made Limited. Somebody who has declined is left alone unless the
// request names them.
func CanResend(o *v1alpha1.OnboardingStatus, named bool) bool {
	if o.State == v1alpha1.RecipientDeclined {
		return named
	}
	_, resent := Next(o.State, EventResend)
	return resent || o.State == v1alpha1.RecipientRevoked &&
		(o.RevocationReason == v1alpha1.RevokedInviterUnauthorized || o.RevocationReason == v1alpha1.RevokedAccountRemoved)
}
