// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/oauth2"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// hashes is how the bcrypt hashes begin that Usher makes.
const hashes = "$2a$10$"

// expectNowhere searches for passwords, their hashes and the tokens of a person's session where they could have been left: in the files of
// etcd, which have all revisions and the log of every write, in the API with what it decodes, in the API server's audit log, in mails, and
// in what operator and Dex have logged. Each of those places is seen to contain something else, so that the search would find what is there.
func expectNowhere(ctx context.Context, u *v1alpha1.OrgUser, session *oauth2.Token, passwords ...string) {
	GinkgoHelper()
	idToken, ok := session.Extra("id_token").(string)
	Expect(ok).To(BeTrue(), "the session has no ID token")
	secrets := append([]string{session.AccessToken, session.RefreshToken, idToken}, passwords...)
	search := func(place string, text []byte, known string, secrets ...string) {
		GinkgoHelper()
		Expect(bytes.Contains(text, []byte(known))).To(BeTrue(), "%s does not even contain %s", place, known)
		for _, secret := range secrets {
			Expect(secret).NotTo(BeEmpty())
			for _, form := range forms(secret) {
				Expect(bytes.Contains(text, []byte(form))).To(BeFalse(), "%s contains %.8s…", place, secret)
			}
		}
	}
	audit, err := env.AuditLog(ctx)
	Expect(err).NotTo(HaveOccurred())
	search("the audit log", audit, u.Namespace, append(secrets, hashes)...)
	search("Dex's log", []byte(provider.Log()), "listening", append(secrets, hashes)...)
	search("the operator's log", []byte(log.String()), "Starting Controller", append(secrets, hashes)...)
	messages, err := box.Messages()
	Expect(err).NotTo(HaveOccurred())
	var mails bytes.Buffer
	for _, m := range messages {
		mails.Write(m.Raw)
	}
	search("a mail", mails.Bytes(), address(u), append(secrets, hashes)...)
	search("the API", objects(ctx), u.Namespace, append(secrets, hashes)...)
	// Dex keeps its accounts, with hashes, in the same etcd: the search finds those.
	files, err := env.EtcdFiles()
	Expect(err).NotTo(HaveOccurred())
	search("etcd", bytes.Join(files, nil), base64.StdEncoding.EncodeToString([]byte(hashes))[:8], secrets...)
	search("etcd", bytes.Join(files, nil), address(u))
}

// objects returns everything that Usher writes to the API.
func objects(ctx context.Context) []byte {
	GinkgoHelper()
	var all []byte
	for _, list := range []client.ObjectList{
		&v1alpha1.OrgUserList{}, &v1alpha1.InvitationList{}, &v1alpha1.OrganizationList{}, &v1alpha1.WorkspaceList{}, &v1alpha1.OrgGroupList{},
		&corev1.SecretList{}, &corev1.ConfigMapList{}, &eventsv1.EventList{},
	} {
		Expect(env.Client.List(ctx, list)).To(Succeed())
		text, err := json.Marshal(list)
		Expect(err).NotTo(HaveOccurred())
		all = append(all, text...)
	}
	return all
}

// forms returns how a text may be written: as it is, in forms and addresses, in JSON, in hexadecimal digits, and in base64, in which it looks
// different at each of three offsets.
func forms(secret string) []string {
	quoted, err := json.Marshal(secret)
	Expect(err).NotTo(HaveOccurred())
	all := []string{secret, url.QueryEscape(secret), strings.Trim(string(quoted), `"`), hex.EncodeToString([]byte(secret))}
	for offset := range 3 {
		whole := (len(secret) + offset) / 3 * 3 // without what depends on the next letter
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, offset), secret...)[:whole])
		all = append(all, encoded[min(len(encoded), 4*((offset+2)/3)):])
	}
	const telling = 8 // what is shorter is found by chance
	return append(all[:1], slices.DeleteFunc(all[1:], func(form string) bool { return len(form) < telling })...)
}
