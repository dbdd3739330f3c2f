// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Mail is a mail that arrived.
type Mail struct {
	MessageID string
	To        []string
	// Links are the links in its text. They are compared, and never told.
	Links []string
}

// Facts are what the history itself does not tell, for the rules about its end.
type Facts struct {
	// Mails are all mails that arrived, in any order.
	Mails []Mail
	// Interruptions is how often sending could be interrupted between a mail and its record: kills, connections that were cut, answers
	// and writes that were lost. A mail may come once more for each, with the same Message-ID.
	Interruptions int
}

// mailRules are the rules about mails.
type mailRules struct {
	mails map[string]*record // by Message-ID
	// sendings are the Message-IDs of the Invitation mails.
	sendings map[link]string
}

// record is what the statuses have said about a mail.
type record struct {
	kind  v1alpha1.MailKind
	state v1alpha1.MailState
	owner string
	// standing is false once no status names the mail any more.
	standing bool
}

func newMailRules() *mailRules {
	return &mailRules{mails: map[string]*record{}, sendings: map[link]string{}}
}

// statusOf is a mail in a status, of whatever kind.
type statusOf struct {
	id    string
	kind  v1alpha1.MailKind
	state v1alpha1.MailState
}

// mailsIn returns every mail that a status names, wherever it does.
func mailsIn(value reflect.Value) []statusOf {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			return mailsIn(value.Elem())
		}
	case reflect.Slice:
		var all []statusOf
		for i := range value.Len() {
			all = append(all, mailsIn(value.Index(i))...)
		}
		return all
	case reflect.Struct:
		var all []statusOf
		if id := value.FieldByName("MessageID"); id.IsValid() && id.Kind() == reflect.String && id.String() != "" {
			m := statusOf{id: id.String(), state: v1alpha1.MailState(value.FieldByName("State").String())}
			if kind := value.FieldByName("Kind"); kind.IsValid() {
				m.kind = v1alpha1.MailKind(kind.String())
			}
			all = append(all, m)
		}
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				all = append(all, mailsIn(value.Field(i))...)
			}
		}
		return all
	}
	return nil
}

// mailsOf returns the mails that the status of an object names.
func mailsOf(object any) []statusOf {
	switch o := object.(type) {
	case *v1alpha1.Organization:
		return mailsIn(reflect.ValueOf(o.Status))
	case *v1alpha1.OrgUser:
		return mailsIn(reflect.ValueOf(o.Status))
	case *v1alpha1.Invitation:
		return mailsIn(reflect.ValueOf(o.Status))
	case *v1alpha1.Workspace:
		return mailsIn(reflect.ValueOf(o.Status))
	}
	return nil
}

// states judges the mails that a status names.
func (r *mailRules) states(_ *world, c change) string {
	owner, wrong := strings.TrimPrefix(c.key, "/registry/"), ""
	for _, m := range mailsOf(c.before) {
		if known := r.mails[m.id]; known != nil {
			known.standing = false
		}
	}
	for _, m := range mailsOf(c.after) {
		known := r.mails[m.id]
		if known == nil {
			known = &record{}
			r.mails[m.id] = known
		}
		if known.state == v1alpha1.MailSent && m.state == v1alpha1.MailQueued {
			wrong = fmt.Sprintf("mail %s of %s was sent and is queued", m.id, owner)
		}
		known.kind, known.state, known.owner, known.standing = m.kind, m.state, owner, true
	}
	if c.after == nil {
		return wrong
	}
	for key, p := range people(c.after) {
		if p.Mail == nil || p.Mail.Kind != v1alpha1.MailInvitation {
			continue
		}
		l := link{c.after.GetUID(), key, p.SendCount}
		if id := r.sendings[l]; id != "" && id != p.Mail.MessageID {
			wrong = fmt.Sprintf("invitation %d to %s, of %s, has another Message-ID than before", p.SendCount, p.email, owner)
		}
		r.sendings[l] = p.Mail.MessageID
	}
	return wrong
}

// arrived compares the mails that arrived with the statuses.
func (r *mailRules) arrived(_ *world, f Facts) string {
	var found []string
	arrived := map[string]bool{}
	for _, m := range f.Mails {
		if arrived[m.MessageID] = true; r.mails[m.MessageID] == nil {
			found = append(found, fmt.Sprintf("mail %s to %v arrived and no status has ever named it", m.MessageID, m.To))
		}
	}
	for id, m := range r.mails {
		if m.state == v1alpha1.MailSent && !arrived[id] {
			found = append(found, fmt.Sprintf("mail %s of %s is sent by the status and has not arrived", id, m.owner))
		}
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "\n")
}

// copies judges the mails that arrived more than once.
func (r *mailRules) copies(_ *world, f Facts) string {
	var found []string
	count, first := map[string]int{}, map[string]Mail{}
	for _, m := range f.Mails {
		if len(m.To) != 1 {
			found = append(found, fmt.Sprintf("mail %s has the recipients %v", m.MessageID, m.To))
		}
		if count[m.MessageID]++; count[m.MessageID] == 1 {
			first[m.MessageID] = m
			continue
		}
		if !slices.Equal(m.To, first[m.MessageID].To) || !slices.Equal(m.Links, first[m.MessageID].Links) {
			found = append(found, fmt.Sprintf("mail %s to %v came again with another recipient or link", m.MessageID, m.To))
		}
		if count[m.MessageID] > 1+f.Interruptions {
			found = append(found, fmt.Sprintf("mail %s to %v came %d times, with %d interruptions", m.MessageID, m.To, count[m.MessageID],
				f.Interruptions))
		}
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "\n")
}

// queued judges which mails are still to be sent. The mail about changed access waits until the access has rested for a while.
func (r *mailRules) queued(_ *world, _ Facts) string {
	var found []string
	for id, m := range r.mails {
		if m.standing && m.state == v1alpha1.MailQueued && m.kind != v1alpha1.MailAccessChange {
			found = append(found, fmt.Sprintf("%s mail %s of %s", m.kind, id, m.owner))
		}
	}
	slices.Sort(found)
	return strings.Join(found, "\n")
}
