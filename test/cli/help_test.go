// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli"
)

// words splits a line of an example as a shell does that knows single quotes only.
func words(line string) []string {
	var found []string
	for n, part := range strings.Split(line, "'") {
		if n%2 == 1 {
			found = append(found, part)
			continue
		}
		found = append(found, strings.Fields(part)...)
	}
	return found
}

// below returns the commands below one, without those of cobra's own.
func below(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, next := range cmd.Commands() {
		all = append(append(all, next), below(next)...)
	}
	return all
}

var _ = Describe("help", func() {
	commands := below(cli.NewCommand(genericiooptions.IOStreams{}))

	// A token that has expired, for the examples about tokens.
	BeforeEach(func(ctx context.Context) {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: v1alpha1.DirectoryTokensSecret}}
		secret.StringData = map[string]string{
			"old": `{"hash": "sha256:` + strings.Repeat("0", 64) + `", "expirationTime": "2026-01-01T00:00:00Z"}`,
		}
		Expect(client.IgnoreAlreadyExists(env.Client.Create(ctx, secret))).To(Succeed())
	})

	It("CLI-2 has at least two examples for each command", func() {
		Expect(commands).NotTo(BeEmpty())
		for _, cmd := range commands {
			Expect(len(strings.Split(cmd.Example, "\n"))).To(BeNumerically(">=", 2), cmd.Name())
			Expect(cmd.Short).NotTo(BeEmpty(), cmd.Name())
			Expect(cmd.Long).NotTo(BeEmpty(), cmd.Name())
		}
	})

	for _, cmd := range commands {
		if cmd.GroupID == "login" { // typed with an identity provider, in test/login
			continue
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			It("CLI-2 has an example that works: "+strings.TrimSpace(line), func(ctx context.Context) {
				args, is := strings.CutPrefix(strings.TrimSpace(line), "kubectl usher ")
				Expect(is).To(BeTrue())
				r := usher(ctx, ana, append(words(args), "-n", "acme")...)
				Expect(r.code).To(BeZero(), "%s: %s %s", line, r.out, r.err)
				if !strings.Contains(line, "--file") {
					Expect(r.out).NotTo(BeEmpty())
				}
			})
		}
	}

	It("CLI-2 hides kubectl's rare flags, which work nevertheless", func(ctx context.Context) {
		help := usher(ctx, ana, "users", "--help").succeeds()
		Expect(help).To(And(ContainSubstring("--namespace"), ContainSubstring("--context"), Not(ContainSubstring("--client-key"))))
		Expect(usher(ctx, ana, "users", "marta", "-n", "acme", "--request-timeout=10s").succeeds()).To(ContainSubstring("marta"))
	})

	It("CLI-2 completes commands, users, roles and workspaces as kubectl asks for it", func(ctx context.Context) {
		complete := func(typed ...string) string {
			GinkgoHelper()
			var out, errOut bytes.Buffer
			flags := []string{"--kubeconfig=" + kubeconfig(), "--as=" + ana, "--namespace=acme"}
			args := append(append([]string{cobra.ShellCompRequestCmd}, flags...), typed...)
			Expect(cli.Run(ctx, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut}, args)).To(BeZero())
			return out.String()
		}
		Expect(complete("wo")).To(HavePrefix("workspaces\t"))
		Expect(complete("user", "ma")).To(HavePrefix("marta\tMarta Gil\n"))
		Expect(complete("why", "marta", "su")).To(HavePrefix("support\tSoporte\n"))
		Expect(complete("role", "marta", "Tech")).To(ContainSubstring("\nTechnician\n"))
		Expect(complete("directory", "token", "revoke", "")).To(HavePrefix("old\n"))
		Expect(complete("directory", "p")).To(HavePrefix("pause\t"))
		Expect(complete("users", "--state", "")).To(HavePrefix("Pending\nActive\n"))
	})
})
