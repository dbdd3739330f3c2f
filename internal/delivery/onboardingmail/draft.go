// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package onboardingmail composes the mails to people who are being invited, by an Invitation or as a declared OrgUser.
package onboardingmail

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/signin/providers"
)

// Draft is a mail to a person who is being invited, before it is rendered.
type Draft struct {
	// Email is the person's address.
	Email string
	// Content is what the mail says.
	Content mail.Content
	// Err is why it could not be composed. It is then composed again later, like a mail that could not be sent.
	Err error

	host types.UID
	// member is the organization whose member the person becomes.
	member     *v1alpha1.Organization
	replyTo    string
	onboarding *v1alpha1.OnboardingStatus
	// organization is the namespace of the organization to which the person is welcomed, once SetStart has set it.
	organization string
}

// NewDraft returns a draft with what the organization and the person's onboarding say. Host is the UID of the object whose status
// holds the onboarding.
func NewDraft(o *v1alpha1.Organization, host types.UID, email string, onboarding *v1alpha1.OnboardingStatus) Draft {
	content := mail.Content{
		Kind:         mail.Kind(onboarding.Mail.Kind),
		Organization: effective.OrganizationTitle(o),
		Location:     effective.LocationOf(o),
		Recipient:    emailaddr.FormOfAddress(emailaddr.DisplayName(email)),
	}
	if onboarding.ExpirationTime != nil {
		content.Expires = onboarding.ExpirationTime.Time
	}
	if onboarding.Registration != nil {
		content.Recipient = emailaddr.FormOfAddress(string(onboarding.Registration.DisplayName))
		content.Language = string(onboarding.Registration.Language)
	}
	return Draft{Email: email, Content: content, host: host, member: o, onboarding: onboarding}
}

// SetContact sets whom the person can ask. Answers to the mail go there, unless the address would keep a mail server from accepting it.
func (d *Draft) SetContact(c lookup.Contact) {
	d.Content.Contact = c.String()
	d.replyTo = ""
	if mail.CanReplyTo(c.Email) {
		d.replyTo = c.Email
	}
	d.Content.Answered = d.replyTo != ""
}

// Writer sends drafts.
type Writer struct {
	postbox delivery.Postbox
	links   linktoken.Links
	doors   Doors
}

// Doors are where a person who is welcomed can go. The zero value has none.
type Doors struct {
	// SignInURL is where people sign in; empty: welcomes have no link.
	SignInURL live.Value[string]
	// Kubeconfigs issues what is attached to welcomes.
	Kubeconfigs kubeconfig.Issuer
	// PortalURL is where people reach the portal, with their own pages for those who sign in with one of the Providers.
	PortalURL string
	Providers providers.Set
}

// NewWriter returns a Writer whose welcomes lead to doors.
func NewWriter(postbox delivery.Postbox, links linktoken.Links, doors Doors) Writer {
	return Writer{postbox: postbox, links: links, doors: doors}
}

// Send returns the function that sends a draft.
func (w Writer) Send(d Draft) delivery.Send {
	id := d.onboarding.Mail.MessageID
	return func(ctx context.Context) attempt.Result {
		result := delivery.Try(ctx, d.Content.Kind, id, func(ctx context.Context) error {
			if d.Err != nil {
				return d.Err
			}
			var err error
			if d.Content.URL, err = w.link(d); err != nil {
				return err
			}
			d.Content.AccountURL = w.account(d)
			attached, err := w.attach(&d)
			if err != nil {
				return err
			}
			return w.postbox.Send(ctx, mail.Message{
				To: d.Email, FromName: d.Content.Organization, ReplyTo: d.replyTo, MessageID: id, Attachments: attached,
			}, d.Content)
		})
		result.Kind = v1alpha1.MailKind(d.Content.Kind)
		return result
	}
}

// attach returns the kubeconfig of a person who is welcomed, if people get any.
func (w Writer) attach(d *Draft) ([]mail.Attachment, error) {
	c := &d.Content
	if c.Kind != mail.Welcome || c.Username == "" || d.organization == "" {
		return nil, nil
	}
	issued, err := w.doors.Kubeconfigs.Issue(c.Username, d.organization, c.Namespaces)
	if err != nil || issued.Filename == "" {
		return nil, err
	}
	c.Kubeconfig = issued.Filename
	return []mail.Attachment{{Name: issued.Filename, Type: kubeconfig.ContentType, Content: issued.Usher}}, nil
}

// account returns where a person who is welcomed signs in to their own page; empty: they have none.
func (w Writer) account(d Draft) string {
	if d.Content.Kind != mail.Welcome || d.Content.Username == "" {
		return ""
	}
	path := w.doors.Providers.AccountPathFor(d.member, d.Email)
	if path == "" {
		return ""
	}
	return strings.TrimRight(w.doors.PortalURL, "/") + path
}

// link returns the link that a mail contains. A welcome leads to where people sign in, if there is something to sign in to; what is sent in
// its place leads nowhere.
func (w Writer) link(d Draft) (string, error) {
	switch d.onboarding.Mail.Kind {
	case v1alpha1.MailWelcome, v1alpha1.MailSuspended:
		if d.Content.Username == "" {
			return "", nil
		}
		return w.doors.SignInURL.Load(), nil
	case v1alpha1.MailAddressChange:
		return w.links.URL(linktoken.PurposeAddress, d.host, d.Email, d.onboarding.SendCount)
	case v1alpha1.MailPassword:
		return w.links.URL(linktoken.PurposePassword, d.host, d.Email, d.onboarding.SendCount)
	case v1alpha1.MailConfirmation:
		return w.links.URL(linktoken.PurposeConfirm, d.host, d.Email, d.onboarding.SendCount)
	default:
		return w.links.URL(linktoken.PurposeInvite, d.host, d.Email, d.onboarding.SendCount)
	}
}
