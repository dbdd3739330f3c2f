// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/token"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("directory", func() {
	var org string
	BeforeEach(func(ctx context.Context) { org = organization(ctx) })
	run := func(ctx context.Context, as string, words ...string) result {
		GinkgoHelper()
		return usher(ctx, at(as), append(append([]string{"directory"}, words...), "-n", org)...)
	}
	directory := func(ctx context.Context) v1alpha1.Directory {
		GinkgoHelper()
		return get(ctx, org, org, &v1alpha1.Organization{}).Spec.Directory
	}
	kept := func(ctx context.Context) token.Set {
		GinkgoHelper()
		set, err := token.Read(get(ctx, org, v1alpha1.DirectoryTokensSecret, &corev1.Secret{}).Data)
		Expect(err).NotTo(HaveOccurred())
		return set
	}

	It("CLI-2 DIR-2 makes tokens that are shown once, lists them without, and revokes them", func(ctx context.Context) {
		Expect(run(ctx, "owner", "token", "create", "entra", "--dry-run=server").succeeds()).To(MatchRegexp(
			`^Token entra of organization %s is valid until \S+ \(server dry run\)\n$`, org))
		absent := client.ObjectKey{Namespace: org, Name: v1alpha1.DirectoryTokensSecret}
		Expect(env.Client.Get(ctx, absent, &corev1.Secret{})).NotTo(Succeed(), "a dry run made it")
		Expect(run(ctx, "owner").succeeds()).To(ContainSubstring("State:         closed: there is no valid token; kubectl usher directory token create"))

		made := run(ctx, "owner", "token", "create", "entra")
		secret := strings.TrimSpace(made.out)
		Expect(secret).To(MatchRegexp(`^usher_dir_[A-Za-z0-9_-]{43}$`), "nothing else is on the standard output")
		Expect(made.err).To(ContainSubstring("It is shown only now"))
		Expect(kept(ctx).Find(secret, time.Now())).To(Equal("entra"))
		Expect(kept(ctx)["entra"].ExpirationTime).To(BeTemporally("~", time.Now().AddDate(1, 0, 0), 48*time.Hour))
		Expect(run(ctx, "owner", "token", "create", "entra").fails()).To(ContainSubstring("there is a token with this name already"))
		Expect(run(ctx, "owner", "token", "create", "Entra ID").fails()).To(ContainSubstring(`"Entra ID" cannot be the name of a token`))
		Expect(run(ctx, "owner", "token", "create", "x", "--expires", "2020-01-01").fails()).To(Equal("error: --expires: 2020-01-01 is over\n"))
		Expect(run(ctx, "owner", "token", "create", "x", "--expires", "soon").fails()).To(ContainSubstring("write never"))
		Expect(run(ctx, "owner", "token", "create", "next", "--expires", "never").err).To(ContainSubstring("does not expire"))

		list := run(ctx, "owner", "token", "list")
		Expect(list.succeeds()).To(And(MatchRegexp(`(?m)^entra +valid +\S+Z +\S+Z +<none>$`), MatchRegexp(`(?m)^next +valid +\S+Z +never +<none>$`)))
		Expect(list.out + list.err).NotTo(ContainSubstring(secret))
		Expect(run(ctx, "owner", "token", "list", "-o", "csv").succeeds()).To(HavePrefix("NAME,STATE,CREATED,EXPIRES,LAST-USE\nentra,valid,"))
		Expect(run(ctx, "owner", "token", "revoke", "entra").succeeds()).To(Equal("Token entra of organization " + org + " is revoked\n"))
		Expect(run(ctx, "owner", "token", "revoke", "entra").fails()).To(ContainSubstring("there is no token with this name"))
		Expect(usherTyping(ctx, at("owner"), "n\n", "directory", "token", "revoke", "next", "-n", org).err).To(ContainSubstring("is the last one"))
		Expect(kept(ctx)).To(HaveKey("next"))
		run(ctx, "owner", "token", "revoke", "next", "--yes").succeeds()
		Expect(kept(ctx)).To(BeEmpty())

		for _, words := range []string{"token list", "token create x", "token revoke next", "pause", "allow"} {
			r := run(ctx, "helper", strings.Fields(words)...)
			Expect(r.code).To(Equal(1), words)
			Expect(r.err).To(ContainSubstring("forbidden"), words)
			Expect(r.out).To(BeEmpty(), words)
		}
		Expect(usher(ctx, at("helper"), "can", "directory", "pause", "-n", org).out).To(ContainSubstring(
			"; the directory is managed by the role OrganizationAdmin"))
		Expect(run(ctx, "helper", "status").succeeds()).To(ContainSubstring("Tokens:        only an OrganizationAdmin sees them"))
	})

	It("CLI-2 DIR-4 pauses and resumes the directory, and sets its limit aside for a time", func(ctx context.Context) {
		const label = "The directory of organization "
		Expect(run(ctx, "owner", "token", "create", "okta").code).To(BeZero())
		Expect(run(ctx, "owner", "pause", "--dry-run=server").succeeds()).To(Equal(label + org + " is paused (server dry run)\n"))
		Expect(directory(ctx).Paused).To(BeFalse())
		Expect(run(ctx, "owner", "pause").succeeds()).To(Equal(label + org + " is paused\n"))
		Expect(run(ctx, "owner", "pause").succeeds()).To(Equal(label + org + ": nothing to change\n"))
		Expect(run(ctx, "owner", "status").succeeds()).To(ContainSubstring("State:         paused: every request of the directory is refused"))
		Expect(run(ctx, "owner", "resume", "--yaml").succeeds()).NotTo(ContainSubstring("paused"))
		Expect(directory(ctx).Paused).To(BeTrue())
		Expect(run(ctx, "owner", "resume").succeeds()).To(Equal(label + org + " goes on\n"))

		for _, name := range []string{"leads", "all"} {
			Expect(env.Client.Create(ctx, builders.OrgGroup(org, name).Obj())).To(Succeed())
		}
		o := get(ctx, org, org, &v1alpha1.Organization{})
		patch(ctx, o, `{"spec": {"directory": {"onboarding": "Invite", "roles": [{"group": "leads", "role": "UserAdmin"}],
			"modules": [{"group": "leads", "modules": ["desk"]}, {"group": "all", "modules": ["desk"]}]}}}`)
		status := run(ctx, "owner", "status").succeeds()
		Expect(status).To(And(ContainSubstring("State:         open\n"), ContainSubstring("Onboarding:    Invite: new people are invited by mail\n"),
			ContainSubstring("Removals:      0 of at most 5 people suspended or deleted within 24 hours\n"),
			MatchRegexp(`(?m)^  leads +UserAdmin +desk$`), MatchRegexp(`(?m)^  all +<none> +desk$`), MatchRegexp(`(?m)^  okta +valid `)))

		before := o.DeepCopy()
		now := metav1.Now()
		o.Status.Directory.StoppedTime = &now
		Expect(env.Client.Status().Patch(ctx, o, client.MergeFrom(before))).To(Succeed())
		Expect(run(ctx, "owner", "status").succeeds()).To(ContainSubstring("State:         stopped: the directory wanted to suspend or delete more than"))
		Expect(run(ctx, "owner", "allow", "--for", "200h").fails()).To(Equal("error: --for: choose a time between 1m and 168h, not 200h0m0s\n"))
		Expect(run(ctx, "owner", "allow", "--for", "2h").succeeds()).To(MatchRegexp(
			`can suspend and delete as many people as it wants until \S+Z\n$`))
		Expect(directory(ctx).Protection.AllowUntil).To(HaveValue(HaveField("Time", BeTemporally("~", time.Now().Add(2*time.Hour), time.Minute))))
		Expect(run(ctx, "owner", "status").succeeds()).To(And(ContainSubstring("State:         open\n"), ContainSubstring("Removals:      not limited until ")))
	})

	It("CLI-2 says which words it knows", func(ctx context.Context) {
		Expect(run(ctx, "owner", "pase").fails()).To(Equal(`error: there is no command "directory pase": did you mean pause?` + "\n"))
		Expect(run(ctx, "owner", "token", "x").fails()).To(Equal(
			`error: there is no command "directory token x": see kubectl usher directory token --help` + "\n"))
	})
})
