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
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/usher-operator/usher/internal/mail"
)

const (
	// DefaultMailTemplates is the ConfigMap's name that config/rbac allows the operator to read.
	DefaultMailTemplates = "usher-mail-templates"

	// maxNote is how many bytes the API server takes as an event's text.
	maxNote = 1000
)

// Reasons of the events on that ConfigMap.
const (
	ReasonTemplatesInForce = "MailTemplatesInForce"
	ReasonTemplatesBroken  = "MailTemplatesBroken"
	ReasonTemplatesRemoved = "MailTemplatesRemoved"
)

// mailTemplates brings what a ConfigMap holds into force for mails. Every replica does, so that the next leader writes the
// same mails; the leader tells of it by events.
type mailTemplates struct {
	client   client.Reader
	key      types.NamespacedName
	inForce  *mail.InForce
	recorder events.EventRecorder
	elected  <-chan struct{}
	log      logr.Logger

	// last is what was read last, nil if there was nothing, files what it held, and wrong what is wrong with that. told is
	// false until the leader has told of it.
	last  *corev1.ConfigMap
	files map[string]string
	wrong error
	told  bool
}

// addMailTemplates gives the templates in force, read once, and kept up to date while the manager runs.
func addMailTemplates(ctx context.Context, mgr ctrl.Manager, o *Options) (*mail.InForce, error) {
	inForce := &mail.InForce{}
	if o.MailTemplates == "" {
		return inForce, nil
	}
	m := &mailTemplates{
		client: mgr.GetClient(), key: types.NamespacedName{Namespace: o.Namespace, Name: o.MailTemplates},
		inForce: inForce, recorder: mgr.GetEventRecorder("usher"), elected: mgr.Elected(),
		log: mgr.GetLogger().WithName("mail-templates"),
	}
	if err := m.start(ctx, mgr.GetAPIReader()); err != nil {
		return nil, err
	}
	election := make(chan event.GenericEvent, 1)
	err := mgr.Add(manager.RunnableFunc(func(context.Context) error { // runs when this replica leads
		election <- event.GenericEvent{Object: &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: m.key.Namespace, Name: m.key.Name},
		}}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	return inForce, ctrl.NewControllerManagedBy(mgr).
		Named("mail-templates").
		For(&corev1.ConfigMap{}, builder.WithPredicates(predicate.NewPredicateFuncs(func(o client.Object) bool {
			return client.ObjectKeyFromObject(o) == m.key // the cache holds the workspaces' settings as well
		}))).
		WatchesRawSource(source.Channel(election, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			NeedLeaderElection: new(false),
			SkipNameValidation: new(o.SkipNameValidation),
		}).
		Complete(m)
}

// start reads the ConfigMap before the first mail is written.
func (m *mailTemplates) start(ctx context.Context, live client.Reader) error {
	var configMap corev1.ConfigMap
	err := live.Get(ctx, m.key, &configMap)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("cannot read the mail templates in ConfigMap %s: let the operator get, list and watch it, as "+
			"config/rbac/mail_templates_role.yaml does for %s, or set --mail-templates= to use those that ship: %w",
			m.key, DefaultMailTemplates, err)
	}
	m.take(&configMap)
	return nil
}

// Reconcile brings the ConfigMap into force and tells of it.
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

// take brings what the ConfigMap holds into force if it can be used; else what is in force stays.
func (m *mailTemplates) take(configMap *corev1.ConfigMap) {
	files := filesOf(configMap)
	if m.last != nil && maps.Equal(m.files, files) {
		return
	}
	templates, err := mail.Customize(files)
	m.last, m.files, m.wrong, m.told = configMap, files, err, false
	if err != nil {
		m.log.Error(err, "the mail templates cannot be used: those in force stay; correct the ConfigMap", "configMap", m.key)
		return
	}
	m.inForce.Use(templates)
	m.log.Info("mails are written with the templates of the ConfigMap", "configMap", m.key)
}

// filesOf gives what the ConfigMap holds, in whichever of its two fields.
func filesOf(configMap *corev1.ConfigMap) map[string]string {
	files := make(map[string]string, len(configMap.Data)+len(configMap.BinaryData))
	for name, content := range configMap.BinaryData {
		files[name] = string(content)
	}
	maps.Copy(files, configMap.Data)
	return files
}

// forget brings the templates that ship back into force.
func (m *mailTemplates) forget() {
	if m.last == nil {
		return
	}
	m.inForce.Use(mail.Shipped())
	m.log.Info("the ConfigMap with mail templates is gone: mails are written with those that ship", "configMap", m.key)
	if m.leads() {
		m.recorder.Eventf(m.last, nil, corev1.EventTypeNormal, ReasonTemplatesRemoved, "Load",
			"mails are written with the templates that ship from here on")
	}
	m.last, m.files, m.wrong, m.told = nil, nil, nil, false
}

func (m *mailTemplates) leads() bool {
	select {
	case <-m.elected:
		return true
	default:
		return false
	}
}

// tell emits an event, once for each change, by the leader.
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
		"mails are written with these templates from here on")
}

// note says what is wrong in an event's space.
func note(wrong error) string {
	text := "not in force, mails are written as before: " + strings.Join(strings.Split(wrong.Error(), "\n"), "; ")
	if len(text) <= maxNote {
		return text
	}
	const more = " … (the operator's log has all of it)"
	cut := maxNote - len(more)
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + more
}
