// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// page is what a person sees of a link.
type page struct {
	Status  int
	Heading string
}

var heading = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)

// look requests the page of a link, and press sends a form to it.
func look(ctx context.Context, link string) page {
	GinkgoHelper()
	return pageOf(ctx, http.MethodGet, link, nil)
}

func press(ctx context.Context, link string, form url.Values) page {
	GinkgoHelper()
	return pageOf(ctx, http.MethodPost, link, form)
}

// pageOf follows redirects.
func pageOf(ctx context.Context, method, link string, form url.Values) page {
	GinkgoHelper()
	status, body := fetch(ctx, http.DefaultClient, method, link, form)
	p := page{Status: status}
	if found := heading.FindStringSubmatch(body); found != nil {
		p.Heading = strings.TrimSpace(html.UnescapeString(found[1]))
	}
	return p
}

// The pages of links that cannot be used, in English.
var (
	pageUnknown  = page{http.StatusNotFound, "This page does not exist"}
	pageRevoked  = page{http.StatusGone, "This invitation is no longer valid"}
	pageReplaced = page{http.StatusGone, "There is a newer mail"}
	pageExpired  = page{http.StatusGone, "This link has expired"}
	pageUsed     = page{http.StatusOK, "This link has already been used"}
	pageDeclined = page{http.StatusOK, "You declined the invitation"}
	pageConfirm  = page{http.StatusOK, "Confirm your address"}
)

// invited matches the page of a link that can be used.
func invited() OmegaMatcher {
	return And(HaveField("Status", http.StatusOK), HaveField("Heading", ContainSubstring("invite")))
}

// english makes English the language of an organization's pages.
func english(o *v1alpha1.Organization) { o.Spec.Settings.Language = "en" }

// invite creates Invitations and waits until their mails are sent.
func invite(ctx context.Context, invitations ...*v1alpha1.Invitation) {
	GinkgoHelper()
	for _, i := range invitations {
		create(ctx, i)
	}
	for _, i := range invitations {
		Eventually(get(ctx, i)).Should(HaveField("Status.Recipients", And(Not(BeEmpty()),
			HaveEach(HaveField("Mail", HaveField("State", v1alpha1.MailSent))))))
	}
}

// resend sets the annotation on an Invitation or OrgUser.
func resend(ctx context.Context, o client.Object, value string) {
	GinkgoHelper()
	edit(ctx, o, func(o client.Object) {
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations[v1alpha1.AnnotationResend] = value
		o.SetAnnotations(annotations)
	})
}

// resendBy sets the annotation on an Invitation in the name of a user.
func resendBy(ctx context.Context, username string, i *v1alpha1.Invitation, value string) error {
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationResend, value)
	return env.As(username).Patch(ctx, i.DeepCopy(), client.RawPatch(types.MergePatchType, patch))
}

// newestLink waits for the nth mail to an address with a link below a path, and returns the link.
func newestLink(email, path string, nth int) string {
	GinkgoHelper()
	var links []string
	Eventually(func() []string {
		links = nil
		for _, m := range mailsTo(email) {
			if link := linkIn(m, path); link != "" {
				links = append(links, link)
			}
		}
		return links
	}).Should(HaveLen(nth))
	return links[nth-1]
}

// stateOf matches an Invitation by the state of a recipient.
func stateOf(email string, state v1alpha1.RecipientState, sendCount int) OmegaMatcher {
	return WithTransform(func(i *v1alpha1.Invitation) v1alpha1.RecipientStatus { return recipientOf(i, email) },
		And(HaveField("State", state), HaveField("SendCount", BeEquivalentTo(sendCount))))
}

// saying matches the reason and message of the Ready condition.
func saying(matcher OmegaMatcher) OmegaMatcher {
	return WithTransform(func(o interface{ GetConditions() *[]metav1.Condition }) string {
		for _, c := range *o.GetConditions() {
			if c.Type == v1alpha1.ConditionReady {
				return c.Reason + ": " + c.Message
			}
		}
		return ""
	}, matcher)
}

// eventsOf returns a function that reads the events about an object.
func eventsOf(ctx context.Context, o client.Object) func(Gomega) []string {
	return func(g Gomega) []string {
		var list eventsv1.EventList
		g.Expect(env.Client.List(ctx, &list, client.InNamespace(o.GetNamespace()))).To(Succeed())
		var notes []string
		for _, e := range list.Items {
			if e.Regarding.Name == o.GetName() && e.Regarding.UID == o.GetUID() {
				notes = append(notes, e.Type+" "+e.Reason+": "+e.Note)
			}
		}
		return notes
	}
}

// noSuchUser is a permanent refusal by a mail server.
var noSuchUser = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}

// tokenIn returns the token of a link.
func tokenIn(link string) string { return link[strings.LastIndex(link, "/")+1:] }

// filledIn returns the form values of a person who chooses English.
func filledIn(name string) url.Values {
	form := registration(name)
	form.Set("language", "en")
	return form
}

// mailIDs returns the Message-IDs of the mails to an organization's people, and not those of other specs' mails.
func mailIDs(org string) []string {
	GinkgoHelper()
	messages, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	ids := []string{}
	for _, m := range messages {
		if slices.ContainsFunc(m.EnvelopeTo, func(to string) bool { return strings.HasSuffix(to, "@"+org+".example") }) {
			ids = append(ids, m.MessageID)
		}
	}
	return ids
}
