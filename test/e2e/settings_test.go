// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// settingsOf returns an object to read the ConfigMap with a workspace's settings into.
func settingsOf(w *v1alpha1.Workspace) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.Status.Namespace, Name: v1alpha1.SettingsConfigMap}}
}

var _ = Describe("Settings", func() {
	var org string

	BeforeEach(func(ctx context.Context) {
		org = organization(ctx, func(o *v1alpha1.Organization) { o.Spec.Settings.Language = "es" })
	})
	inForce := func(language, origin, recording, recordingOrigin string) OmegaMatcher {
		return And(
			HaveField("Data", Equal(map[string]string{"language": language, "sessionRecording": recording})),
			HaveField("BinaryData", BeEmpty()), HaveField("Immutable", BeNil()),
			HaveField("Annotations", And(HaveKeyWithValue("origin.accounts.usher.dev/language", origin),
				HaveKeyWithValue("origin.accounts.usher.dev/sessionRecording", recordingOrigin))),
			HaveField("Labels", And(HaveKeyWithValue(v1alpha1.ManagedByLabel, v1alpha1.ManagedByValue),
				HaveKeyWithValue(v1alpha1.LabelOrganization, org), HaveKeyWithValue(v1alpha1.LabelWorkspace, "support"))))
	}
	support := func(ctx context.Context) (*v1alpha1.Workspace, *corev1.ConfigMap) {
		GinkgoHelper()
		w := builders.Workspace(org, "support").Obj()
		create(ctx, w)
		awaitReady(ctx, w)
		settings := settingsOf(w)
		Eventually(get(ctx, settings)).Should(inForce("es", "Organization", "Disabled", "Default"))
		return w, settings
	}

	It("GTA-14 are inherited and overridden in the ConfigMap and in the status, with their origins", func(ctx context.Context) {
		w, settings := support(ctx)
		edit(ctx, w, func(w *v1alpha1.Workspace) { w.Spec.Settings.Language = "en" })
		Eventually(get(ctx, settings)).Should(inForce("en", "Workspace", "Disabled", "Default"))
		o := builders.Organization(org).Obj()
		edit(ctx, o, func(o *v1alpha1.Organization) { o.Spec.Settings.SessionRecording = v1alpha1.SwitchEnabled })
		Eventually(get(ctx, settings)).Should(inForce("en", "Workspace", "Enabled", "Organization"))
		edit(ctx, w, func(w *v1alpha1.Workspace) {
			w.Spec.Settings = v1alpha1.WorkspaceSettings{SessionRecording: v1alpha1.SwitchDisabled}
		})
		Eventually(get(ctx, settings)).Should(inForce("es", "Organization", "Disabled", "Workspace"))
		Eventually(get(ctx, w)).Should(HaveField("Status.Settings", ConsistOf(
			v1alpha1.SettingStatus{Name: "language", Value: "es", Origin: v1alpha1.OriginOrganization},
			v1alpha1.SettingStatus{Name: "sessionRecording", Value: "Disabled", Origin: v1alpha1.OriginWorkspace})))
	})

	It("GTA-14 are restored whatever somebody does to the ConfigMap", func(ctx context.Context) {
		_, settings := support(ctx)
		was := inForce("es", "Organization", "Disabled", "Default")
		for what, change := range map[string]func(*corev1.ConfigMap){
			"another value":            func(c *corev1.ConfigMap) { c.Data["sessionRecording"] = "Enabled" },
			"a missing value":          func(c *corev1.ConfigMap) { delete(c.Data, "language") },
			"an additional value":      func(c *corev1.ConfigMap) { c.Data["Language"] = "fr" },
			"binary data":              func(c *corev1.ConfigMap) { c.BinaryData = map[string][]byte{"x": {1}} },
			"no labels":                func(c *corev1.ConfigMap) { c.Labels = nil },
			"no annotations":           func(c *corev1.ConfigMap) { c.Annotations = nil },
			"immutable":                func(c *corev1.ConfigMap) { c.Immutable = ptr.To(true) },
			"another value, immutable": func(c *corev1.ConfigMap) { c.Data["language"], c.Immutable = "fr", ptr.To(true) },
		} {
			version := ""
			edit(ctx, settings, func(c *corev1.ConfigMap) { change(c) })
			version = settings.ResourceVersion
			Eventually(get(ctx, settings)).Should(And(was, HaveField("ResourceVersion", Not(Equal(version)))), what)
		}
		uid := settings.UID
		Expect(env.Client.Delete(ctx, settings)).To(Succeed())
		Eventually(get(ctx, settings)).Should(And(was, HaveField("UID", Not(Equal(uid)))))
	})

	It("GTA-14 are not written if nothing changes", func(ctx context.Context) {
		w, settings := support(ctx)
		version := settings.ResourceVersion
		for range 5 {
			edit(ctx, w, func(w *v1alpha1.Workspace) { w.Spec.DisplayName += "x" })
			Eventually(get(ctx, w)).Should(HaveField("Status.ObservedGeneration", w.Generation))
		}
		Expect(get(ctx, settings)(Default).ResourceVersion).To(Equal(version))
	})

	It("GTA-14 are removed from a namespace that is retained after its workspace", func(ctx context.Context) {
		w, settings := support(ctx)
		Expect(env.Client.Delete(ctx, w)).To(Succeed())
		Eventually(gone(ctx, w)).Should(Succeed())
		Eventually(gone(ctx, settings)).Should(Succeed())
		Expect(env.Client.Get(ctx, types.NamespacedName{Name: org + "-support"}, &corev1.Namespace{})).To(Succeed())
	})

	It("GTA-14 set the language of mails and pages by the workspaces of the invitation, if these agree", func(ctx context.Context) {
		english := func(name string) *v1alpha1.Workspace {
			return builders.Workspace(org, name).With(func(w *v1alpha1.Workspace) { w.Spec.Settings.Language = "en" }).Obj()
		}
		create(ctx, english("one"), english("two"), builders.Workspace(org, "tres").Obj())
		const view = v1alpha1.WorkspaceView
		invitation := func(name string) builders.InvitationBuilder {
			return builders.Invitation(org, name, name+"@"+org+".example")
		}
		create(ctx, invitation("agreed").Workspace("one", view).Workspace("two", view).Obj(),
			invitation("mixed").Workspace("one", view).Workspace("tres", view).Obj(),
			invitation("requested").Workspace("one", view).Language("es").Obj(),
			builders.OrgUser(org, "declared").Workspace("two", view).Obj())
		for name, language := range map[string]string{"agreed": "en", "mixed": "es", "requested": "es", "declared": "en"} {
			email := name + "@" + org + ".example"
			message, link := mailTo(ctx, email, "/i/")
			want := map[string]string{"en": "Invitation from ", "es": "Invitación del usuario "}[language]
			Expect(message.Subject).To(HavePrefix(want), name)
			Expect(bodyOf(ctx, link)).To(ContainSubstring(`<html lang="`+language+`"`), name)
		}
	})
})

// bodyOf returns the page for a browser without a preferred language.
func bodyOf(ctx context.Context, link string) string {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(response.Body.Close()).To(Succeed()) }()
	var text strings.Builder
	_, err = io.Copy(&text, response.Body)
	Expect(err).NotTo(HaveOccurred())
	return text.String()
}
