// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const luis, eva, sam = "luis@acme.example", "eva@acme.example", "sam@acme.example"

// errRefused is the answer to a write that an apiserver refuses.
var errRefused = errors.New("no more users")

// apiserver is an API server with an organization and an Invitation, which the Reconciler reads without a cache.
type apiserver struct {
	client.Client

	now      time.Time
	r        *Reconciler
	recorder *events.FakeRecorder
	// refuse returns the error of a write to the user of an address.
	refuse func(verb, email string) error
}

// serve starts an apiserver with an Invitation that the platform created.
func serve(ctx context.Context, i *v1alpha1.Invitation) *apiserver {
	GinkgoHelper()
	metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AnnotationInviterKind, string(v1alpha1.InviterPlatform))
	return serveAsIs(ctx, i)
}

// serveAsIs starts an apiserver with an Invitation for which admission has recorded nothing that it does not contain.
func serveAsIs(ctx context.Context, i *v1alpha1.Invitation) *apiserver {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(errors.Join(v1alpha1.AddToScheme(scheme), clientgoscheme.AddToScheme(scheme))).To(Succeed())
	i.UID, i.Generation = types.UID(uuid.NewString()), 1
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(builders.Organization("acme").Obj(), i).
		WithStatusSubresource(i, &v1alpha1.OrgUser{})
	Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
	s := &apiserver{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), recorder: events.NewFakeRecorder(10)}
	s.accept()
	refuse := func(verb string, o client.Object) error {
		if u, ok := o.(*v1alpha1.OrgUser); ok {
			return s.refuse(verb, string(u.Spec.Email))
		}
		return nil
	}
	s.Client = interceptor.NewClient(b.Build(), interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if err := refuse("create", o); err != nil {
				return err
			}
			o.SetUID(types.UID(uuid.NewString()))
			return c.Create(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
			if err := refuse("patch", o); err != nil {
				return err
			}
			return c.Patch(ctx, o, patch, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if err := refuse("delete", o); err != nil {
				return err
			}
			return c.Delete(ctx, o, opts...)
		},
	})
	s.r = New(s, lookup.New(s, effective.IntakeDomains{}), lookup.NewAPIReader(s), s.recorder, "usher.example", 0,
		func() time.Time { return s.now })
	return s
}

// accept makes all writes succeed.
func (s *apiserver) accept() { s.refuse = func(string, string) error { return nil } }

// refuseFor makes one verb fail for the user of one address.
func (s *apiserver) refuseFor(verb, email string, err error) {
	s.refuse = func(v, e string) error {
		if v == verb && e == email {
			return err
		}
		return nil
	}
}

func (s *apiserver) pass(ctx context.Context) (ctrl.Result, error) {
	GinkgoHelper()
	return s.r.Reconcile(ctx, s.invitation(ctx))
}

// succeed makes a pass that does not fail.
func (s *apiserver) succeed(ctx context.Context) {
	GinkgoHelper()
	_, err := s.pass(ctx)
	Expect(err).NotTo(HaveOccurred())
}

// fail makes a pass that fails because of the refused write.
func (s *apiserver) fail(ctx context.Context) {
	GinkgoHelper()
	_, err := s.pass(ctx)
	Expect(err).To(MatchError(errRefused))
}

func (s *apiserver) invitation(ctx context.Context) *v1alpha1.Invitation {
	GinkgoHelper()
	var i v1alpha1.Invitation
	Expect(s.Get(ctx, client.ObjectKey{Namespace: "acme", Name: "team"}, &i)).To(Succeed())
	return &i
}

func (s *apiserver) edit(ctx context.Context, change func(*v1alpha1.Invitation)) {
	GinkgoHelper()
	i := s.invitation(ctx)
	change(i)
	Expect(s.Update(ctx, i)).To(Succeed())
}

func (s *apiserver) recipient(ctx context.Context, email string) *v1alpha1.RecipientStatus {
	GinkgoHelper()
	return lookup.Recipient(s.invitation(ctx), email)
}

// users returns the addresses of all users, without those that are being deleted.
func (s *apiserver) users(ctx context.Context) []string {
	GinkgoHelper()
	var list v1alpha1.OrgUserList
	Expect(s.List(ctx, &list)).To(Succeed())
	var emails []string
	for n := range list.Items {
		if u := &list.Items[n]; u.DeletionTimestamp.IsZero() {
			emails = append(emails, string(u.Spec.Email))
		}
	}
	return emails
}

// removeUser deletes the user of an address, without a finalizer.
func (s *apiserver) removeUser(ctx context.Context, email string) {
	GinkgoHelper()
	var u v1alpha1.OrgUser
	Expect(s.Get(ctx, client.ObjectKey{Namespace: "acme", Name: emailaddr.ObjectName(email)}, &u)).To(Succeed())
	u.Finalizers = nil
	Expect(s.Update(ctx, &u)).To(Succeed())
	Expect(client.IgnoreNotFound(s.Delete(ctx, &u))).To(Succeed())
}

// inState matches a recipient in a state after a number of invitations.
func inState(state v1alpha1.RecipientState, sendCount int) OmegaMatcher {
	return And(HaveField("State", state), HaveField("SendCount", BeEquivalentTo(sendCount)))
}
