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

// maxResendLength is how many bytes of the annotation's value are recorded.
const maxResendLength = 256

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
func (r Resend) Observed() string {
	if len(r.value) <= maxResendLength {
		return r.value
	}
	sum := sha256.Sum256([]byte(r.value))
	digest := "…" + hex.EncodeToString(sum[:8])
	return attempt.Shorten(r.value, maxResendLength-len(digest)) + digest
}

// Requested reports whether the value has not been acted on: it is not empty and differs from the one that was recorded last. A long one
// may have been recorded without its digest, by an earlier version.
func (r Resend) Requested(observed string) bool {
	return r.value != "" && observed != r.Observed() && observed != attempt.Shorten(r.value, maxResendLength)
}

// Concerns reports whether the request concerns an address: the value names it, or names nobody.
func (r Resend) Concerns(email string) bool {
	return len(r.Addresses)+len(r.Malformed) == 0 || r.Names(email)
}

// Names reports whether the value names an address.
func (r Resend) Names(email string) bool {
	return slices.Contains(r.Addresses, emailaddr.Normalize(email))
}
