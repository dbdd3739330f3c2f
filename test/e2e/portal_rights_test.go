// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/onboarding"
	"github.com/usher-operator/usher/internal/question/store"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// portalSteps are the steps of the transition table that a page takes.
var portalSteps = map[v1alpha1.RecipientState][]onboarding.Event{
	v1alpha1.RecipientInvited: {
		onboarding.EventRegister, onboarding.EventAccept, onboarding.EventSignIn, onboarding.EventDecline, onboarding.EventRevoke,
	},
	v1alpha1.RecipientRegistered: {onboarding.EventConfirm, onboarding.EventRevoke},
	v1alpha1.RecipientDeclined:   {onboarding.EventReconsider},
}

// What somebody could do who controls the portal: every request is made with the token of its ServiceAccount. The organization is paused, so
// that nothing but these requests changes it.
var _ = Describe("Whoever holds the portal's token", Ordered, ContinueOnFailure, func() {
	var (
		org        string
		portal     client.Client
		invitation *v1alpha1.Invitation
		luis       *v1alpha1.OrgUser
		workspace  *v1alpha1.Workspace
	)

	// set has a platform identity write a status, as at a restore.
	set := func(ctx context.Context, o client.Object, change func()) {
		GinkgoHelper()
		before := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		change()
		Expect(env.Client.Status().Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
	}
	// try changes a status as the portal. Nothing is stored.
	try := func(ctx context.Context, o client.Object, patch string) error {
		copied := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		return portal.Status().Patch(ctx, copied, client.RawPatch(types.MergePatchType, []byte(patch)), client.DryRunAll)
	}
	invited := func() v1alpha1.OnboardingStatus {
		return v1alpha1.OnboardingStatus{
			State: v1alpha1.RecipientInvited, SendCount: 1, ExpirationTime: new(metav1.NewTime(time.Now().Add(time.Hour).Truncate(time.Second))),
			Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailQueued},
		}
	}

	BeforeAll(func(ctx context.Context) {
		var err error
		portal, err = client.New(env.PortalConfig(), client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
		org = organization(ctx)
		pauseOrganization(ctx, org)
		DeferCleanup(resumeOrganization, org)
		invitation = builders.Invitation(org, "team", "eva@"+org+".example").Obj()
		luis = builders.OrgUser(org, "luis").Obj()
		workspace = builders.Workspace(org, "support").Obj()
		create(ctx, invitation, luis, workspace)
		set(ctx, invitation, func() {
			invitation.Status.Recipients = []v1alpha1.RecipientStatus{
				{Email: "eva@acme.example", OnboardingStatus: invited()}, {Email: "sam@acme.example", OnboardingStatus: invited()},
			}
		})
		set(ctx, luis, func() {
			luis.Status.State, luis.Status.Onboarding = v1alpha1.UserPending, new(invited())
			luis.Status.EmailChange = &v1alpha1.EmailChangeStatus{
				Email: "luis@new.example", Generation: 1, RequestTime: metav1.Now(), ExpirationTime: new(metav1.NewTime(time.Now().Add(time.Hour))),
			}
		})
		set(ctx, luis, func() {
			luis.Status.Account = &v1alpha1.AccountStatus{
				State: v1alpha1.AccountPlanned, ID: "1", Email: "luis@acme.example", Since: metav1.Now(), SendCount: 1,
				ExpirationTime: new(metav1.NewTime(time.Now().Add(time.Hour))),
				Mail:           &v1alpha1.MailStatus{Kind: v1alpha1.MailPassword, State: v1alpha1.MailSent},
			}
		})
		set(ctx, workspace, func() {
			workspace.Status.Queue = v1alpha1.QueueStatus{
				Email: "queue@acme.example", State: v1alpha1.QueueRequested, SendCount: 1,
				Mail: &v1alpha1.MailStatus{Kind: v1alpha1.MailQueueConfirmation, State: v1alpha1.MailQueued},
			}
		})
	})

	It("OPS-3 can move a person exactly along the steps of the transition table that a page takes", func(ctx context.Context) {
		for _, from := range onboarding.States() {
			person := invited()
			if from != v1alpha1.RecipientInvited {
				person.State, person.Mail = from, &v1alpha1.MailStatus{Kind: v1alpha1.MailInvitation, State: v1alpha1.MailSent}
			}
			set(ctx, invitation, func() { invitation.Status.Recipients[0].OnboardingStatus = person })
			set(ctx, luis, func() { luis.Status.Onboarding = new(person) })
			for _, o := range []client.Object{invitation, luis} {
				reached := map[v1alpha1.RecipientState]bool{}
				for _, event := range portalSteps[from] {
					after, at := copied(o)
					Expect(onboarding.Apply(at, event, onboarding.Subject{
						UID: "6f1c0f0e-7d3a-4e0f-9a43-0d5c2f6a9b11", Email: "eva@acme.example", Now: time.Now(), MailDomain: "usher.example",
						Reason: v1alpha1.RevokedInviterUnauthorized,
					})).To(BeTrue())
					if event == onboarding.EventRegister || event == onboarding.EventAccept || event == onboarding.EventSignIn {
						at.Registration = &v1alpha1.Registration{DisplayName: "Eva", Phone: "+34600000001", Language: "es"}
					}
					reached[at.State] = true
					Expect(portal.Status().Patch(ctx, after, client.MergeFrom(o), client.DryRunAll)).To(Succeed(), "%s: %s", from, event)
				}
				for _, to := range onboarding.States() {
					after, at := copied(o)
					at.State = to
					if to == from || reached[to] {
						continue
					}
					Expect(portal.Status().Patch(ctx, after, client.MergeFrom(o), client.DryRunAll)).To(BeRefused(http.StatusForbidden,
						"the portal may not move a person from "+string(from)+" to "+string(to)), "%s to %s", from, to)
				}
			}
		}
	})

	It("OPS-3 cannot invent what a step brings with it", func(ctx context.Context) {
		set(ctx, luis, func() { luis.Status.Onboarding = new(invited()) })
		mail := `"kind":"Confirmation","state":"Queued","messageID":"<0123456789abcdef0123456789abcdef@usher.example>"`
		for patch, text := range map[string]string{
			`"state":"Registered","mail":{` + mail + `}`:                                               "",
			`"state":"Registered"`:                                                                     "only the mail that the new state",
			`"state":"Registered","mail":{` + mail + `,"attempts":3}`:                                  "only the mail that the new state",
			`"state":"Registered","mail":{"kind":"Welcome","state":"Queued","messageID":"<x@y>"}`:      "only the mail that the new state",
			`"state":"Registered","mail":{"kind":"Confirmation","state":"Queued","messageID":"<x@y>"}`: "only the mail that the new state",
			`"state":"Registered","sendCount":7,"mail":{` + mail + `}`:                                 "may change nothing about a person but",
			`"state":"Registered","expirationTime":"2099-01-01T00:00:00Z","mail":{` + mail + `}`:       "only what the new state",
			`"state":"Registered","acceptanceTime":"2026-01-01T00:00:00Z","mail":{` + mail + `}`:       "only what the new state",
			`"state":"Declined","mail":null,"registration":{"displayName":"Eva"}`:                      "only what the new state",
			`"state":"Revoked","mail":null,"revocationReason":"AddressRemoved"`:                        "only what the new state",
			`"state":"Declined","mail":{"state":"Sent"}`:                                               "only the mail that the new state",
		} {
			err := try(ctx, luis, `{"status":{"onboarding":{`+patch+`}}}`)
			if text == "" {
				Expect(err).NotTo(HaveOccurred(), patch)
				continue
			}
			Expect(err).To(BeRefused(http.StatusForbidden, text), patch)
		}
	})

	It("OPS-3 cannot add, remove or exchange the people of an Invitation", func(ctx context.Context) {
		people := "may add and remove nobody"
		eva, sam := invitation.Status.Recipients[0], invitation.Status.Recipients[1]
		mallory := v1alpha1.RecipientStatus{Email: "mallory@elsewhere.example", OnboardingStatus: invited()}
		for _, recipients := range [][]v1alpha1.RecipientStatus{
			{eva}, {}, {eva, sam, mallory}, {eva, mallory}, {sam, eva},
		} {
			after := invitation.DeepCopy()
			after.Status.Recipients = recipients
			Expect(portal.Status().Patch(ctx, after, client.MergeFrom(invitation), client.DryRunAll)).To(
				BeRefused(http.StatusForbidden, people))
		}
	})

	It("OPS-3 cannot change any other field of a status, of this version or a later one", func(ctx context.Context) {
		for _, o := range []client.Object{invitation, luis, workspace} {
			schema := statusSchema(ctx, o)
			Expect(schema.Properties).NotTo(BeEmpty())
			for name, field := range schema.Properties {
				if slices.Contains([]string{"recipients", "onboarding", "emailChange", "account", "queue", "ownDetails", "signOutTime", "leaveRequestTime"}, name) {
					continue
				}
				Expect(try(ctx, o, `{"status":{"`+name+`":`+sample(&field)+`}}`)).To(
					BeRefused(http.StatusForbidden, "the portal may change nothing in this status but"), "%T %s", o, name)
			}
		}
		user := statusSchema(ctx, luis).Properties
		for name, field := range user["onboarding"].Properties {
			Expect(try(ctx, luis, `{"status":{"onboarding":{"`+name+`":`+sample(&field)+`}}}`)).To(
				BeRefused(http.StatusForbidden, "the portal may"), name)
		}
		for name, field := range user["emailChange"].Properties {
			err := try(ctx, luis, `{"status":{"emailChange":{"`+name+`":`+sample(&field)+`}}}`)
			Expect(err).To(BeRefused(http.StatusForbidden, "only confirm a change of address"), name)
		}
		Expect(try(ctx, luis, `{"status":{"emailChange":{"confirmationTime":"2026-01-01T00:00:00Z","expirationTime":null}}}`)).To(Succeed())
		for patch, allowed := range map[string]bool{
			`"requestTime":"2026-01-01T00:00:00Z"`:                                                 true,
			`"state":"Setting","since":"2026-01-01T00:00:00Z","expirationTime":null`:               true,
			`"state":"Setting","since":"2026-01-01T00:00:00Z","changeTime":"2026-01-01T00:00:00Z"`: true,
			`"state":"Setting","since":"2026-01-01T00:00:00Z","changeTime":"2020-01-01T00:00:00Z"`: false,
			`"changeTime":"2026-01-01T00:00:00Z"`:                                                  false,
			`"state":"Ready"`:                                                                      false,
			`"state":"Closed"`:                                                                     false,
			`"id":"2"`:                                                                             false,
			`"email":"mallory@elsewhere.example"`:                                                  false,
			`"sendCount":2`:                                                                        false,
			`"expirationTime":"2099-01-01T00:00:00Z"`:                                              false,
			`"mail":{"state":"Queued"}`:                                                            false,
			`"mail":null`:                                                                          false,
			`"state":"Setting","id":"2"`:                                                           false,
		} {
			err := try(ctx, luis, `{"status":{"account":{`+patch+`}}}`)
			if allowed {
				Expect(err).NotTo(HaveOccurred(), patch)
				continue
			}
			Expect(err).To(BeRefused(http.StatusForbidden, "only note that a password is being set"), patch)
		}
		Expect(try(ctx, luis, `{"status":{"account":null}}`)).To(BeRefused(http.StatusForbidden, "only note that a password is being set"))
		for name, field := range statusSchema(ctx, workspace).Properties["queue"].Properties {
			Expect(try(ctx, workspace, `{"status":{"queue":{"`+name+`":`+sample(&field)+`}}}`)).To(
				BeRefused(http.StatusForbidden, "only note that the owner of a queue"), name)
		}
		for patch, allowed := range map[string]bool{
			`"state":"Declined"`: true,
			`"state":"Confirmed","confirmationTime":"2026-01-01T00:00:00Z","mail":{"state":"Sent"}`: true,
			`"state":"Confirmed"`: false,
			`"state":"Allowed"`:   false,
			`"state":"Existing"`:  false,
			`"state":"Declined","confirmationTime":"2026-01-01T00:00:00Z"`: false,
		} {
			Expect(try(ctx, workspace, `{"status":{"queue":{`+patch+`}}}`) == nil).To(Equal(allowed), patch)
		}
	})

	It("SIG-5 OPS-3 can note what an active person enters, that they ask to leave and that they have signed out, and no more", func(ctx context.Context) {
		details, signedOut := `{"status":{"ownDetails":{"displayName":"Eva"}}}`, `{"status":{"signOutTime":"2026-11-30T10:00:00Z"}}`
		leaves, stays := `{"status":{"leaveRequestTime":"2026-11-30T10:00:00Z"}}`, `{"status":{"leaveRequestTime":null}}`
		set(ctx, luis, func() { luis.Status.State = v1alpha1.UserSuspended })
		Expect(try(ctx, luis, details)).To(BeRefused(http.StatusForbidden, "that an active person has entered"))
		Expect(try(ctx, luis, signedOut)).To(BeRefused(http.StatusForbidden, "that an active person has signed out"))
		Expect(try(ctx, luis, leaves)).To(BeRefused(http.StatusForbidden, "that an active person asks to leave"))
		set(ctx, luis, func() {
			luis.Status.State, luis.Status.SignOutTime = v1alpha1.UserActive, new(metav1.NewTime(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)))
			luis.Status.OwnDetails = &v1alpha1.Registration{DisplayName: "Luis"}
		})
		Expect(try(ctx, luis, details)).To(Succeed())
		Expect(try(ctx, luis, signedOut)).To(Succeed())
		Expect(try(ctx, luis, leaves)).To(Succeed())
		set(ctx, luis, func() {
			luis.Status.LeaveRequestTime = new(metav1.NewTime(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)))
		})
		Expect(try(ctx, luis, leaves)).To(BeRefused(http.StatusForbidden, "asks to leave, or no longer does"), "since when stays as it is")
		Expect(try(ctx, luis, stays)).To(Succeed())
		Expect(try(ctx, luis, `{"status":{"signOutTime":"2026-11-30T08:00:00Z"}}`)).To(BeRefused(http.StatusForbidden, "signed out later"))
		Expect(try(ctx, luis, `{"status":{"signOutTime":null}}`)).To(BeRefused(http.StatusForbidden, "signed out later"))
		Expect(try(ctx, luis, `{"status":{"ownDetails":null}}`)).To(BeRefused(http.StatusForbidden, "has entered"))
	})

	It("OPS-3 can create only the Limited accounts of people who wrote", func(ctx context.Context) {
		account := func(change func(*v1alpha1.OrgUser)) error {
			u := effective.LimitedAccount(org, "mallory@elsewhere.example", v1alpha1.OriginIntake)
			change(u)
			return portal.Create(ctx, u, client.DryRunAll)
		}
		Expect(account(func(*v1alpha1.OrgUser) {})).To(Succeed())
		for name, change := range map[string]func(*v1alpha1.OrgUser){
			"full":      func(u *v1alpha1.OrgUser) { u.Spec.Access = v1alpha1.AccessFull },
			"default":   func(u *v1alpha1.OrgUser) { u.Spec.Access = "" },
			"role":      func(u *v1alpha1.OrgUser) { u.Spec.Access, u.Spec.Role = "", v1alpha1.RoleOrganizationAdmin },
			"user name": func(u *v1alpha1.OrgUser) { u.Spec.Username = "ana@acme.example" },
			"workspace": func(u *v1alpha1.OrgUser) {
				u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{{Name: "support", Access: v1alpha1.WorkspaceAdmin}}
			},
			"group":  func(u *v1alpha1.OrgUser) { u.Spec.Groups = []v1alpha1.ObjectName{"helpdesk"} },
			"module": func(u *v1alpha1.OrgUser) { u.Spec.Modules = []v1alpha1.ObjectName{"desk"} },
			"origin": func(u *v1alpha1.OrgUser) { u.Labels[v1alpha1.LabelOrigin] = v1alpha1.OriginDevice },
			"label":  func(u *v1alpha1.OrgUser) { u.Labels[v1alpha1.LabelBootstrap] = "true" },
			"note":   func(u *v1alpha1.OrgUser) { u.Annotations = map[string]string{v1alpha1.AnnotationResend: "1"} },
			"owner": func(u *v1alpha1.OrgUser) {
				u.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "x"}}
			},
			"finalizer": func(u *v1alpha1.OrgUser) { u.Finalizers = append(u.Finalizers, "example.com/stay") },
		} {
			Expect(account(change)).To(BeRefused(http.StatusForbidden, "only the Limited accounts of people who have written"), name)
		}
	})

	It("OPS-3 cannot give access, read other Secrets, or change and delete anything", func(ctx context.Context) {
		meta := metav1.ObjectMeta{Namespace: org, Name: "mallory"}
		ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"}
		for _, o := range []client.Object{
			&rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref}, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "mallory"}, RoleRef: ref},
			&rbacv1.Role{ObjectMeta: meta}, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "mallory"}},
			&corev1.ConfigMap{ObjectMeta: meta}, &corev1.Secret{ObjectMeta: meta}, &corev1.ServiceAccount{ObjectMeta: meta},
			&corev1.Pod{ObjectMeta: meta}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "mallory"}},
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "mallory"}},
			builders.Organization(org).Obj(), builders.Workspace(org, "mallory").Obj(), builders.Invitation(org, "mallory", "m@m.example").Obj(),
		} {
			Expect(portal.Create(ctx, o, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot create resource"), "%T", o)
		}
		for _, o := range []client.Object{
			&v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}, luis, invitation, workspace,
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org}},
		} {
			copied := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
			Expect(portal.Delete(ctx, copied, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot delete resource"), "%T", o)
			Expect(portal.Patch(ctx, copied, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`)),
				client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot patch resource"), "%T", o)
		}
		Expect(try(ctx, &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}},
			`{"status":{"administrators":["luis"]}}`)).To(BeRefused(http.StatusForbidden, `cannot patch resource "organizations/status"`))

		for _, name := range []string{"usher-webhook-certificate", "usher-send-budgets", "usher-smtp"} {
			Expect(portal.Get(ctx, client.ObjectKey{Namespace: operator.Namespace, Name: name}, &corev1.Secret{})).To(
				BeRefused(http.StatusForbidden, "cannot get resource"), name)
		}
		certificate := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "usher-portal-certificate"}}
		Expect(portal.Get(ctx, client.ObjectKeyFromObject(certificate), certificate)).To(Or(Succeed(), MatchError(apierrors.IsNotFound, "IsNotFound")))
		Expect(certificate.Data).NotTo(HaveKey("ca.key"), "the authority's key")
		Expect(portal.Update(ctx, certificate, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot update resource"))
		Expect(portal.Delete(ctx, certificate, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot delete resource"))
		for _, namespace := range []string{operator.Namespace, org, ""} {
			Expect(portal.List(ctx, &corev1.SecretList{}, client.InNamespace(namespace))).To(BeRefused(http.StatusForbidden, "cannot list resource"))
		}
		keys := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "usher-link-keys"}}
		Expect(portal.Get(ctx, client.ObjectKeyFromObject(keys), keys)).To(Succeed())
		Expect(portal.Update(ctx, keys, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot update resource"))
		Expect(portal.Delete(ctx, keys, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot delete resource"))

		controllers := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "usher-controller-manager"}}
		Expect(portal.SubResource("token").Create(ctx, controllers, &authenticationv1.TokenRequest{})).To(
			BeRefused(http.StatusForbidden, "cannot create resource"))
		cfg := env.PortalConfig()
		cfg.Impersonate = rest.ImpersonationConfig{UserName: "ana@" + org + ".example"}
		ana, err := client.New(cfg, client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
		Expect(err).NotTo(HaveOccurred())
		Expect(ana.List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(org))).To(BeRefused(http.StatusForbidden, "cannot impersonate"))
	})

	It("OPS-3 can keep nothing but questions among the questions", func(ctx context.Context) {
		secret := func(kind corev1.SecretType, labels map[string]string, annotations map[string]string) error {
			return portal.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
				Namespace: operator.QuestionsNamespace, Name: "mallory", Labels: labels, Annotations: annotations,
			}, Type: kind}, client.DryRunAll)
		}
		labels := map[string]string{v1alpha1.LabelQuestion: "true"}
		Expect(secret(store.SecretType, labels, nil)).To(Succeed())
		only := BeRefused(http.StatusForbidden, "only Secrets that hold a customer's question")
		Expect(secret(store.SecretType, nil, nil)).To(only)
		Expect(secret(corev1.SecretTypeOpaque, labels, nil)).To(only)
		Expect(secret(corev1.SecretTypeServiceAccountToken, labels, map[string]string{corev1.ServiceAccountNameKey: "default"})).To(only)
	})

	It("OPS-3 is nobody to the webhooks, even if RBAC allows the request", func(ctx context.Context) {
		mistake := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "portal-mistake"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "usher-organization-admin"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: operator.Namespace, Name: "usher-portal"}},
		}
		create(ctx, mistake)
		who := "system:serviceaccount:usher-system:usher-portal"
		Eventually(can(ctx, who, "patch", "orgusers", org)).Should(BeTrue())
		none := "has no active account in organization"
		copied := luis.DeepCopy()
		Expect(portal.Patch(ctx, copied, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"role":"OrganizationAdmin"}}`)), client.DryRunAll)).
			To(BeRefused(http.StatusForbidden, none))
		Expect(portal.Delete(ctx, luis.DeepCopy(), client.DryRunAll)).To(BeRefused(http.StatusForbidden, none))
		Expect(portal.Create(ctx, builders.Workspace(org, "mallory").Obj(), client.DryRunAll)).To(BeRefused(http.StatusForbidden, none))
		Expect(portal.Create(ctx, builders.OrgUser(org, "mallory").Obj(), client.DryRunAll)).To(
			BeRefused(http.StatusForbidden, "only the Limited accounts"))
	})
})

// copied returns a copy of an Invitation or an OrgUser, and the state of its first person.
func copied(o client.Object) (client.Object, *v1alpha1.OnboardingStatus) {
	switch o := o.(type) {
	case *v1alpha1.Invitation:
		after := o.DeepCopy()
		return after, &after.Status.Recipients[0].OnboardingStatus
	case *v1alpha1.OrgUser:
		after := o.DeepCopy()
		return after, after.Status.Onboarding
	}
	panic("an object without people")
}
