// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cli runs the commands of the kubectl plugin against a real API server with the operator, as people in every role. What they print
// is compared with files in testdata; go test ./test/cli -update writes them.
package cli

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var update = flag.Bool("update", false, "write the files in testdata")

var (
	env *testenv.Env
	// control starts and stops the operator.
	control *suite.Suite
)

func TestCLI(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "kubectl usher")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), GinkgoWriter)
	env, control = s.Env, s
	s.StartOperator(ctx)
	root, err := testenv.RepoRoot()
	Expect(err).NotTo(HaveOccurred())
	_, _, err = env.Kubectl(ctx, "apply", "--server-side", "-f", filepath.Join(root, "config", "samples"))
	Expect(err).NotTo(HaveOccurred())
	// The samples' users, the three invited people, and the customer with a device.
	Eventually(ctx, func(g Gomega) {
		users := &v1alpha1.OrgUserList{}
		g.Expect(env.Client.List(ctx, users, client.InNamespace("acme"))).To(Succeed())
		g.Expect(users.Items).To(HaveLen(8))
	}).Should(Succeed())
	settle(ctx, "acme")
})

// settle waits until nothing in an organization is left to be done.
func settle(ctx context.Context, namespace string) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		org := &v1alpha1.Organization{}
		g.Expect(env.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: namespace}, org)).To(Succeed())
		g.Expect(org.Status.ObservedGeneration).To(Equal(org.Generation))
		users := &v1alpha1.OrgUserList{}
		g.Expect(env.Client.List(ctx, users, client.InNamespace(namespace))).To(Succeed())
		g.Expect(org.Status.Users.Total).To(HaveValue(BeEquivalentTo(len(users.Items))))
		for _, u := range users.Items {
			g.Expect(u.Status.ObservedGeneration).To(Equal(u.Generation), u.Name)
			for _, c := range u.Status.Conditions {
				g.Expect(c.Type).NotTo(Equal(v1alpha1.ConditionReconciling), u.Name)
			}
			if u.Status.State == v1alpha1.UserActive {
				g.Expect(u.Status.Modules).To(ConsistOf(u.Spec.Modules), u.Name)
			}
		}
		invitations := &v1alpha1.InvitationList{}
		g.Expect(env.Client.List(ctx, invitations, client.InNamespace(namespace))).To(Succeed())
		for _, i := range invitations.Items {
			g.Expect(i.Status.Recipients).NotTo(BeEmpty(), i.Name)
			for _, r := range i.Status.Recipients {
				g.Expect(r.State).NotTo(Equal(v1alpha1.RecipientPending), i.Name)
				g.Expect(r.Mail).NotTo(BeNil(), i.Name)
				g.Expect(r.Mail.State).To(Equal(v1alpha1.MailSent), i.Name)
			}
		}
		workspaces := &v1alpha1.WorkspaceList{}
		g.Expect(env.Client.List(ctx, workspaces, client.InNamespace(namespace))).To(Succeed())
		for _, w := range workspaces.Items {
			g.Expect(w.Status.Members).NotTo(BeNil(), w.Name)
			g.Expect(w.Status.ObservedGeneration).To(Equal(w.Generation), w.Name)
		}
	}).Should(Succeed())
}

// result is what a command printed, and its exit code.
type result struct {
	out, err string
	code     int
}

// platform runs commands as the cluster administrator.
const platform = ""

// usher runs a command as a person.
func usher(ctx context.Context, as string, args ...string) result {
	return usherTyping(ctx, as, "", args...)
}

// usherTyping runs a command as a person who types.
func usherTyping(ctx context.Context, as, input string, args ...string) result {
	GinkgoHelper()
	return usherReading(ctx, as, strings.NewReader(input), args...)
}

// usherReading runs a command that reads from in.
func usherReading(ctx context.Context, as string, in io.Reader, args ...string) result {
	GinkgoHelper()
	args = append(args, "--kubeconfig="+kubeconfig())
	if as != platform {
		args = append(args, "--as="+as)
	}
	var out, errOut bytes.Buffer
	code := cli.Run(ctx, genericiooptions.IOStreams{In: in, Out: &out, ErrOut: &errOut}, args)
	return result{out.String(), errOut.String(), code}
}

func kubeconfig() string {
	for _, variable := range env.KubectlEnv() {
		if path, is := strings.CutPrefix(variable, "KUBECONFIG="); is {
			return path
		}
	}
	Fail("the control plane has no kubeconfig")
	return ""
}

// succeeds returns what a command printed that succeeded without a word on the standard error.
func (r result) succeeds() string {
	GinkgoHelper()
	Expect(r.code).To(BeZero(), "standard error: %s", r.err)
	Expect(r.err).To(BeEmpty())
	return r.out
}

// fails returns the standard error of a command that failed and printed nothing else.
func (r result) fails() string {
	GinkgoHelper()
	Expect(r.code).To(Equal(1), "output: %s", r.out)
	Expect(r.out).To(BeEmpty())
	return r.err
}

// matchesFile compares an output with a file in testdata, without what differs from run to run.
func matchesFile(output, file string) {
	GinkgoHelper()
	matchesExactly(normal(output), file)
}

// matchesExactly compares an output with a file in testdata, space by space.
func matchesExactly(output, file string) {
	GinkgoHelper()
	path := filepath.Join("testdata", file)
	if *update {
		Expect(os.WriteFile(path, []byte(output), 0o600)).To(Succeed())
		return
	}
	want, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred(), "go test ./test/cli -update writes it")
	Expect(output).To(Equal(string(want)), "%s; if it is meant to be so, go test ./test/cli -update writes the file", path)
}

// replacements take what differs from run to run out of an output.
var replacements = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIME"},
	{regexp.MustCompile(`\b\d+[smhd](\d+[smh])? ago\b`), "AGO"},
	{regexp.MustCompile(`(?m)\b\d+[smhd](\d+[smh])?(\s|$)`), "AGE$2"},
	{regexp.MustCompile(`(\S) {2,}`), "$1  "},
	{regexp.MustCompile(`(?m) +$`), ""},
	{regexp.MustCompile(`Kubernetes v\d+\.\d+\.\d+\S*`), "Kubernetes VERSION"},
	{regexp.MustCompile(`uid: [0-9a-f-]{36}`), "uid: UID"},
	{regexp.MustCompile(`resourceVersion: "\d+"`), "resourceVersion: VERSION"},
}

func normal(output string) string {
	for _, r := range replacements {
		output = r.what.ReplaceAllString(output, r.with)
	}
	return output
}
