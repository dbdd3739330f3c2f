// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/mail/refusal"
)

// stopGrace is how long a message that is being sent may still take after the operator was told to stop. If it was cut off, it
// might arrive twice.
const stopGrace = 15 * time.Second

// Try tries once to send a message and returns the result. After the operator was told to stop, it continues for stopGrace.
func Try(ctx context.Context, kind mail.Kind, messageID string, send func(context.Context) error) attempt.Result {
	result := attempt.Result{MessageID: messageID}
	sending, done := outlasting(ctx, stopGrace)
	defer done()
	err := send(sending)
	if err == nil {
		return result
	}
	result.Error, result.Permanent = err.Error(), mail.IsPermanent(err) || gateway.IsPermanent(err)
	result.Scope, result.MailboxFull = scopes[mail.ScopeOf(err)], mail.IsMailboxFull(err)
	for _, notTried := range []func(error) (time.Time, bool){mail.NotTried, gateway.NotTried} {
		if retryAt, ok := notTried(err); ok {
			result.RetryAt = retryAt
			return result
		}
	}
	log.FromContext(ctx).Info("a message was not accepted", "kind", kind, "messageID", messageID,
		"permanent", result.Permanent, "scope", result.Scope, "reason", result.Error)
	return result
}

// scopes are what a mail server refuses, in the words of a status.
var scopes = map[refusal.Scope]v1alpha1.MailScope{
	refusal.Connection: v1alpha1.MailScopeConnection,
	refusal.Sender:     v1alpha1.MailScopeSender,
	refusal.Message:    v1alpha1.MailScopeMessage,
	refusal.Recipient:  v1alpha1.MailScopeRecipient,
}

// outlasting returns a context that ends a while after ctx does.
func outlasting(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-out.Done():
		}
	})
	return out, func() { stop(); cancel() }
}
