// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
)

// maxErrorLength is the maximum length of a delivery's last error, in bytes: a status holds many of them.
const maxErrorLength = 200

// NextAttempt returns how long until a message is to be sent; false: it is not to be sent.
func NextAttempt(s *v1alpha1.NoticeDeliveryStatus, now time.Time) (time.Duration, bool) {
	if s.State != v1alpha1.NoticeQueued {
		return 0, false
	}
	if s.NextAttemptTime == nil {
		return 0, true
	}
	return attempt.Wait(s.NextAttemptTime.Time, s.Attempts, s.Budget, now), true
}

// Record writes the outcome of an attempt. A message whose outcome was recorded before, or that is another one, stays as it is.
func Record(s *v1alpha1.NoticeDeliveryStatus, result attempt.Result, now time.Time) {
	if s.State != v1alpha1.NoticeQueued || s.MessageID != result.MessageID {
		return
	}
	if result.Budget != "" {
		s.Budget, s.LastError, s.NextAttemptTime = result.Budget, "", stamp(result.RetryTime(0, now))
		return
	}
	result = result.ForRecipient()
	s.LastError = attempt.Shorten(result.Error, maxErrorLength)
	if result.RetryAt.IsZero() {
		s.Attempts++
	}
	s.NextAttemptTime, s.Budget = nil, ""
	again := result.RetryTime(s.Attempts, now)
	switch {
	case !again.IsZero():
		s.NextAttemptTime = stamp(again)
	case result.Error == "":
		s.State = v1alpha1.NoticeSent
	default:
		s.State = v1alpha1.NoticeFailed
	}
}

// address adapts deliveries to the destinations: those that were sent or are queued stay, missing ones are queued.
func (p Plan) address(deliveries *[]v1alpha1.NoticeDeliveryStatus, to []Destination, id int64) {
	p.drop(deliveries, to)
	present := make(map[string]bool, len(*deliveries))
	for i := range *deliveries {
		present[keyOf(&(*deliveries)[i])] = true
	}
	for _, d := range to {
		if !present[d.key()] {
			*deliveries = append(*deliveries, v1alpha1.NoticeDeliveryStatus{
				Type: d.Type, Value: d.Value, State: v1alpha1.NoticeQueued, MessageID: p.messageID(id, d),
			})
		}
	}
	p.route(*deliveries)
}

// drop removes the deliveries to destinations that are gone.
func (p Plan) drop(deliveries *[]v1alpha1.NoticeDeliveryStatus, to []Destination) {
	isDestination := Among(to)
	*deliveries = slices.DeleteFunc(*deliveries, func(s v1alpha1.NoticeDeliveryStatus) bool {
		return !isDestination(Destination{Type: s.Type, Value: s.Value})
	})
	if len(*deliveries) == 0 {
		*deliveries = nil
	}
}

// route makes messages to phones wait while there is no gateway.
func (p Plan) route(deliveries []v1alpha1.NoticeDeliveryStatus) {
	for i := range deliveries {
		d := &deliveries[i]
		switch {
		case d.Type == v1alpha1.MethodEmail:
		case p.Gateway && d.State == v1alpha1.NoticeNoGateway:
			d.State = v1alpha1.NoticeQueued
		case !p.Gateway && d.State == v1alpha1.NoticeQueued:
			d.State, d.NextAttemptTime, d.Budget = v1alpha1.NoticeNoGateway, nil, ""
		}
	}
}

// messageID returns the Message-ID of a message: the same for the same message to the same destination, however often it is sent.
func (p Plan) messageID(id int64, d Destination) string {
	h := sha256.New()
	for _, part := range []string{"notice", string(p.UID), strconv.FormatInt(id, 10), d.key()} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "<" + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + p.MailDomain + ">"
}
