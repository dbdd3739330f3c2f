// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/usher-operator/usher/internal/mail"
)

const (
	// DefaultMailTemplates is the name of the ConfigMap that config/rbac allows the operator to read.
	DefaultMailTemplates = "usher-mail-templates"

	// maxNote is how many bytes of text the API server accepts in an event.
	maxNote = 1000
)

// Reasons of the events on that ConfigMap.
const (
	ReasonTemplatesInForce = "MailTemplatesInForce"
	ReasonTemplatesBroken  = "MailTemplatesBroken"
	ReasonTemplatesRemoved = "MailTemplatesRemoved"
)

// mailTemplates puts the contents of a ConfigMap in force for mails. Every replica does so, because the next leader has to write
// the same mails. Only the leader emits events about it.
type mailTemplates struct {
	client   client.Reader
	key      types.NamespacedName
	inForce  *mail.InForce
	recorder events.EventRecorder
	leads    func() bool
	log      logr.Logger
	features *features

	// last is the ConfigMap that was read last, or nil if there was none; files are its contents, and wrong is what is wrong
	// with them. told is false until the leader has emitted an event about it.
	last  *corev1.ConfigMap
	files map[string]string
	wrong error
	told  bool
}

// addMailTemplates returns the templates in force. It reads them once, and keeps them up to date while the manager runs.
func addMailTemplates(ctx context.Context, mgr ctrl.Manager, o *Options, terms *terms) (*mail.InForce, error) {
	inForce := &mail.InForce{}
	if o.MailTemplates == "" {
		return inForce, nil
	}
	m := &mailTemplates{
		client: mgr.GetClient(), key: types.NamespacedName{Namespace: o.Namespace, Name: o.MailTemplates},
		inForce: inForce, recorder: mgr.GetEventRecorder("usher"), leads: terms.leads,
		log: mgr.GetLogger().WithName("mail-templates"), features: o.features,
	}
	if err := m.start(ctx, mgr.GetAPIReader()); err != nil {
		return nil, err
	}
	elected := make(chan event.GenericEvent, 1)
	terms.onElection(func() {
		select {
		case elected <- event.GenericEvent{Object: &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: m.key.Namespace, Name: m.key.Name},
		}}:
		default: // it is about to be looked at
		}
	})
	return inForce, ctrl.NewControllerManagedBy(mgr).
		Named("mail-templates").
		For(&corev1.ConfigMap{}, builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			return client.ObjectKeyFromObject(o) == m.key // the cache also holds the workspaces' settings
		}))).
		WatchesRawSource(source.Channel(elected, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			NeedLeaderElection: new(false),
			SkipNameValidation: new(o.SkipNameValidation),
		}).
		Complete(m)
}

// start reads the ConfigMap before the first mail is written. That it can be read was checked before; see checkMailTemplates.
func (m *mailTemplates) start(ctx context.Context, live client.Reader) error {
	var configMap corev1.ConfigMap
	if err := live.Get(ctx, m.key, &configMap); err != nil {
		return client.IgnoreNotFound(err)
	}
	m.take(&configMap)
	return nil
}

// checkMailTemplates turns custom templates off if the operator may not read them: a cache that waits for what it may not read would
// keep the whole operator from starting.
func checkMailTemplates(ctx context.Context, live client.Reader, o *Options) error {
	if o.MailTemplates == "" {
		return nil
	}
	list := func() error {
		return live.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(o.Namespace), client.Limit(1),
			client.MatchingFields{"metadata.name": o.MailTemplates}) // as the cache does
	}
	err := list()
	if !apierrors.IsForbidden(err) {
		return err
	}
	// An API server that has just started refuses everything until it knows the roles. The operator may always read its own Secrets, so a
	// refusal of that says nothing about the templates.
	if err := live.Get(ctx, linkKeysKey(o), &corev1.Secret{}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("cannot read the operator's own Secret %s: %w", linkKeysKey(o), err)
	}
	if err = list(); !apierrors.IsForbidden(err) {
		return err
	}
	o.features.report(featureMailTemplates, fmt.Errorf("cannot read the mail templates in ConfigMap %s/%s, mails use those that ship: let "+
		"the operator get, list and watch it, as config/rbac/mail_templates_role.yaml does for %s, and restart it, or set "+
		"--mail-templates= to use those that ship: %w", o.Namespace, o.MailTemplates, DefaultMailTemplates, err))
	o.MailTemplates = ""
	return nil
}

// Reconcile puts the ConfigMap in force and emits an event about it.
func (m *mailTemplates) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if request.NamespacedName != m.key {
		return reconcile.Result{}, nil
	}
	var configMap corev1.ConfigMap
	switch err := m.client.Get(ctx, m.key, &configMap); {
	case apierrors.IsNotFound(err):
		m.forget()
		return reconcile.Result{}, nil
	case err != nil:
		return reconcile.Result{}, err
	}
	m.take(&configMap)
	m.tell()
	return reconcile.Result{}, nil
}

// take puts the contents of the ConfigMap in force if they are valid. Otherwise the templates in force stay.
func (m *mailTemplates) take(configMap *corev1.ConfigMap) {
	files := filesOf(configMap)
	if m.last != nil && maps.Equal(m.files, files) {
		return
	}
	templates, err := mail.Customize(files)
	m.last, m.files, m.wrong, m.told = configMap, files, err, false
	m.features.report(featureMailTemplates, err)
	if err != nil {
		m.log.Error(err, "the mail templates are invalid and not used, those in force stay: correct the ConfigMap", "configMap", m.key)
		return
	}
	m.inForce.Use(templates)
	m.log.Info("mails now use the templates in the ConfigMap", "configMap", m.key)
}

// filesOf returns the contents of the ConfigMap from both of its fields.
func filesOf(configMap *corev1.ConfigMap) map[string]string {
	files := make(map[string]string, len(configMap.Data)+len(configMap.BinaryData))
	for name, content := range configMap.BinaryData {
		files[name] = string(content)
	}
	maps.Copy(files, configMap.Data)
	return files
}

// forget puts the templates that ship back in force.
func (m *mailTemplates) forget() {
	if m.last == nil {
		return
	}
	m.inForce.Use(mail.Shipped())
	m.features.report(featureMailTemplates, nil)
	m.log.Info("the ConfigMap with mail templates was deleted: mails now use the templates that ship", "configMap", m.key)
	if m.leads() {
		m.recorder.Eventf(m.last, nil, corev1.EventTypeNormal, ReasonTemplatesRemoved, "Load",
			"mails now use the templates that ship")
	}
	m.last, m.files, m.wrong, m.told = nil, nil, nil, false
}

// tell emits one event for each change, if this replica leads.
func (m *mailTemplates) tell() {
	if m.told || !m.leads() {
		return
	}
	m.told = true
	if m.wrong != nil {
		m.recorder.Eventf(m.last, nil, corev1.EventTypeWarning, ReasonTemplatesBroken, "Load", "%s", note(m.wrong))
		return
	}
	m.recorder.Eventf(m.last, nil, corev1.EventTypeNormal, ReasonTemplatesInForce, "Load",
		"mails now use these templates")
}

// note shortens the errors to the space that an event has.
func note(wrong error) string {
	return shortened("not in force, mails are unchanged: " + strings.Join(strings.Split(wrong.Error(), "\n"), "; "))
}

// shortened cuts a text to the space that an event has.
func shortened(text string) string {
	if len(text) <= maxNote {
		return text
	}
	const more = " … (the operator's log has the whole list)"
	cut := maxNote - len(more)
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + more
}
