// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accesschange

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/onboarding"
)

const (
	// Quiet is how long changes are gathered before a mail tells of them. Those that cancel each other in this time are not told. It is
	// also how long after their acceptance a person's access may take to come into force for the first time.
	Quiet = time.Hour
	// Interval is the least time between two mails to a person.
	Interval = 24 * time.Hour
)

// Plan is what the next changes to tell a person depend on.
type Plan struct {
	// UID is that of the person's OrgUser.
	UID types.UID
	// Email is the person's address.
	Email string
	// MailDomain is the right side of Message-IDs.
	MailDomain string
	// Off is true if the person is not told of changes.
	Off bool
	// Known is when an existing identity was declared, which nobody welcomes; zero: the person was invited.
	Known time.Time
	Now   time.Time
}

// Next returns what a person is to be told once the access of after is in force, where before is what is written. The mail is due when
// changes have been gathered for Quiet, and Interval after the one before. It has another Message-ID when what it says changes: somebody
// who got the mail before the operator died gets one that says something else.
func (p Plan) Next(before, after *v1alpha1.OrgUserStatus) *v1alpha1.AccessChangeStatus {
	present := before.AccessChange
	if p.Off {
		return p.closed(present)
	}
	if !differs(present) && (same(before, after) || !p.isBaseline(before)) {
		return present
	}
	next := difference(Told(before), Of(after))
	if next == nil {
		return p.closed(present)
	}
	if present != nil {
		next.SentTime = present.SentTime
	}
	if inForce(after) {
		p.queue(next, present, after)
	}
	return next
}

// isBaseline reports whether a person knows what is in force, unless changes are listed. What comes into force until the person is Ready
// for the first time is what the invitation and the welcome announced. What comes into force soon after an existing identity was declared
// is what it is taken over with, in whatever order objects are applied.
func (p Plan) isBaseline(s *v1alpha1.OrgUserStatus) bool {
	if !inForce(s) || p.Now.Sub(p.Known) < Quiet {
		return false
	}
	if meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady) {
		return true
	}
	accepted := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionAccepted)
	return accepted != nil && accepted.Status == metav1.ConditionTrue && p.Now.Sub(accepted.LastTransitionTime.Time) >= Quiet
}

// closed returns what is left when there is nothing to tell: when the person was last told, as long as that matters.
func (p Plan) closed(present *v1alpha1.AccessChangeStatus) *v1alpha1.AccessChangeStatus {
	switch {
	case !differs(present):
		return present
	case present.SentTime == nil || p.Now.Sub(present.SentTime.Time) >= Interval:
		return nil
	default:
		return &v1alpha1.AccessChangeStatus{SentTime: present.SentTime}
	}
}

// queue queues the mail, or keeps the one that is queued.
func (p Plan) queue(next, present *v1alpha1.AccessChangeStatus, after *v1alpha1.OrgUserStatus) {
	if Queued(present) {
		next.Since, next.Mail = present.Since, present.Mail.DeepCopy()
	} else {
		now := metav1.NewTime(p.Now.Truncate(time.Second))
		next.Since = &now
		next.Mail = &v1alpha1.MailStatus{Kind: v1alpha1.MailAccessChange, State: v1alpha1.MailQueued, NextAttemptTime: p.due(next)}
	}
	next.Mail.MessageID = p.messageID(next, after)
}

// due returns when a mail is to be sent.
func (p Plan) due(c *v1alpha1.AccessChangeStatus) *metav1.Time {
	due := c.Since.Add(Quiet)
	if c.SentTime != nil {
		if next := c.SentTime.Add(Interval); next.After(due) {
			due = next
		}
	}
	return &metav1.Time{Time: due}
}

// Queued reports whether a mail is still to be sent.
func Queued(c *v1alpha1.AccessChangeStatus) bool {
	return c != nil && c.Mail != nil && c.Mail.State == v1alpha1.MailQueued
}

// messageID returns the Message-ID of a mail: the same while it says the same.
func (p Plan) messageID(c *v1alpha1.AccessChangeStatus, after *v1alpha1.OrgUserStatus) string {
	now := Of(after)
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{
		c.FormerRole, c.Workspaces, c.WorkspacesDigest, c.AddedModules, c.RemovedModules,
		now.Role, digestOf(now), slices.Sorted(slices.Values(now.Modules)),
	})
	content := fmt.Sprintf("%s/%d/%s", v1alpha1.MailAccessChange, c.Since.Unix(), hex.EncodeToString(h.Sum(nil)[:16]))
	return onboarding.MessageID(p.UID, p.Email, v1alpha1.MailKind(content), 0, p.MailDomain)
}
