// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

const (
	prepareTimeout  = 2 * time.Minute
	prepareInterval = 200 * time.Millisecond
)

// Prepare creates an organization with people, workspaces and invitations, and returns when all are in force and a link to an invitation
// has arrived. What an earlier call with the same name has created stays as it is.
func Prepare(ctx context.Context, options Options) (*Organization, error) {
	o, err := newOrganization(options)
	if err != nil {
		return nil, err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: options.Organization}}
	if err := o.put(ctx, namespace); err != nil {
		return nil, err
	}
	for _, object := range o.objects() {
		if err := o.put(ctx, object); err != nil {
			return nil, err
		}
	}
	if err := o.Settle(ctx); err != nil {
		return nil, err
	}
	o.link, err = o.awaitLink(ctx)
	return o, err
}

// Settle waits until all that was written to the objects that Prepare has created is in force.
func (o *Organization) Settle(ctx context.Context) error {
	for _, object := range o.objects() {
		if err := o.await(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

// put creates an object. Webhooks may not answer yet.
func (o *Organization) put(ctx context.Context, object client.Object) error {
	return until(ctx, func(ctx context.Context) error {
		if err := o.admin.Create(ctx, object); !apierrors.IsAlreadyExists(err) {
			return err
		}
		return nil
	})
}

// await waits until the condition Ready of an object is true for its current spec.
func (o *Organization) await(ctx context.Context, object client.Object) error {
	return until(ctx, func(ctx context.Context) error {
		if err := o.admin.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(conditionsOf(object), v1alpha1.ConditionReady)
		switch {
		case ready == nil:
			return fmt.Errorf("%T %s has no condition %s", object, object.GetName(), v1alpha1.ConditionReady)
		case ready.Status != metav1.ConditionTrue:
			return fmt.Errorf("%T %s is not ready: %s: %s", object, object.GetName(), ready.Reason, ready.Message)
		case ready.ObservedGeneration != object.GetGeneration():
			return fmt.Errorf("%T %s has the conditions of an earlier spec", object, object.GetName())
		default:
			return nil
		}
	})
}

func conditionsOf(object client.Object) []metav1.Condition {
	switch o := object.(type) {
	case *v1alpha1.Organization:
		return o.Status.Conditions
	case *v1alpha1.OrgUser:
		return o.Status.Conditions
	case *v1alpha1.Workspace:
		return o.Status.Conditions
	case *v1alpha1.Invitation:
		return o.Status.Conditions
	default:
		return nil
	}
}

// awaitLink waits for the mail to the first reader, and returns its link as it is reached from here.
func (o *Organization) awaitLink(ctx context.Context) (string, error) {
	var found string
	err := until(ctx, func(context.Context) error {
		messages, err := mailbox.ReadDir(o.options.MailDir)
		if err != nil {
			return err
		}
		for _, message := range messages {
			if link := invitationLink(message); link != "" && message.SentTo(o.address("reader-0")) {
				found = link
			}
		}
		if found == "" {
			return fmt.Errorf("none of %d mails has a link for %s", len(messages), o.address("reader-0"))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return o.reached(found)
}

func invitationLink(message mailbox.Message) string {
	for _, link := range message.Links() {
		if strings.Contains(link, "/i/") {
			return link
		}
	}
	return ""
}

// reached replaces the URL of the portal in a link by the one under which this machine reaches it.
func (o *Organization) reached(link string) (string, error) {
	parsed, err := url.Parse(link)
	if err != nil {
		return "", err
	}
	return url.JoinPath(o.options.PortalURL, parsed.EscapedPath())
}

// until repeats what fails, and returns its last error when it takes too long.
func until(ctx context.Context, try func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, prepareInterval, prepareTimeout, true, func(ctx context.Context) (bool, error) {
		last = try(ctx)
		return last == nil, nil
	})
	if err != nil {
		return errors.Join(last, err)
	}
	return nil
}
