// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

const (
	token = "0123456789abcdef0123456789abcdef"
	next  = "fedcba9876543210fedcba9876543210"
)

var _ = Describe("The audit endpoint", func() {
	var (
		file     string
		endpoint http.Handler
		seen     map[string]time.Time
		broken   bool
	)
	write := func(content string) { Expect(os.WriteFile(file, []byte(content), 0o600)).To(Succeed()) }
	BeforeEach(func() {
		file, seen, broken = filepath.Join(GinkgoT().TempDir(), "token"), map[string]time.Time{}, false
		write(token + "\n")
		suspended := active("sam", noon)
		suspended.Status.State = v1alpha1.UserSuspended
		support := builders.Workspace("acme", "support").Namespace("acme-support").Obj()
		support.Status.Namespace = "acme-support"
		wish := builders.Workspace("acme", "wish").Namespace("acme-taken").Obj()
		c := holding(interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if broken {
				return errors.New("the cache is broken")
			}
			return c.List(ctx, list, opts...)
		}}, builders.Organization("acme").Delegate("argocd", v1alpha1.RoleOrganizationAdmin).Obj(), active("ana", noon), suspended, support, wish)
		var err error
		endpoint, err = NewAuditEndpoint(AuditOptions{
			TokenFile: file, Reader: lookup.New(c, effective.IntakeDomains{}), Platform: authz.Platform{Users: []string{"ops"}},
			Seen: func(namespace, user string, at time.Time) { seen[namespace+"/"+user] = at },
			Now:  func() time.Time { return noon.Add(time.Minute) }, Log: logr.Discard(),
		})
		Expect(err).NotTo(HaveOccurred())
	})
	ask := func(method, authorization string, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, AuditPath, strings.NewReader(body))
		r.Header.Set("Authorization", authorization)
		answer := httptest.NewRecorder()
		endpoint.ServeHTTP(answer, r)
		return answer
	}
	about := func(user, namespace, at string) string {
		return string(events(short(stageComplete, user, namespace, "200", at)))
	}

	DescribeTable("sees the people of the organization that a namespace belongs to", func(user, namespace string, people ...string) {
		Expect(ask(http.MethodPost, "Bearer "+token, about(user, namespace, "2026-11-21T12:00:00Z")).Code).To(Equal(http.StatusOK))
		Expect(seen).To(HaveLen(len(people)))
		for _, p := range people {
			Expect(seen).To(HaveKeyWithValue(p, noon))
		}
	},
		Entry("the organization's own", "ana@acme.example", "acme", "acme/ana"),
		Entry("a workspace's", "ana@acme.example", "acme-support", "acme/ana"),
		Entry("one that a workspace wishes and does not have", "ana@acme.example", "acme-taken"),
		Entry("another one", "ana@acme.example", "kube-system"),
		Entry("who is suspended", "sam@acme.example", "acme"),
		Entry("who is unknown", "mallory", "acme"),
		Entry("a delegate", "argocd", "acme"),
		Entry("the platform", "ops", "acme"),
	)

	It("sees nobody in the future", func() {
		Expect(ask(http.MethodPost, "Bearer "+token, about("ana@acme.example", "acme", "2036-11-21T12:00:00Z")).Code).To(Equal(http.StatusOK))
		Expect(seen).To(HaveKeyWithValue("acme/ana", noon.Add(time.Minute)))
	})

	DescribeTable("lets in by token only", func(authorization string) {
		answer := ask(http.MethodPost, authorization, about("ana@acme.example", "acme", "2026-11-21T12:00:00Z"))
		Expect(answer.Code).To(Equal(http.StatusUnauthorized))
		Expect(answer.Header()).To(HaveKeyWithValue("Www-Authenticate", []string{"Bearer"}))
		Expect(answer.Body.String()).To(And(ContainSubstring("--audit-token-file"), Not(ContainSubstring(token))))
		Expect(seen).To(BeEmpty())
	},
		Entry("none", ""),
		Entry("no value", "Bearer "),
		Entry("another one", "Bearer "+next),
		Entry("the beginning", "Bearer "+token[:31]),
		Entry("another scheme", "Basic "+token),
	)

	It("takes tokens as they are in the file at the time", func() {
		write("\n" + next + "\n" + token)
		Expect(ask(http.MethodPost, "Bearer "+token, string(events(""))).Code).To(Equal(http.StatusOK))
		Expect(ask(http.MethodPost, "bearer "+next, string(events(""))).Code).To(Equal(http.StatusOK))
		write(next)
		Expect(ask(http.MethodPost, "Bearer "+token, string(events(""))).Code).To(Equal(http.StatusUnauthorized))
		write("")
		Expect(ask(http.MethodPost, "Bearer ", string(events(""))).Code).To(Equal(http.StatusServiceUnavailable))
		Expect(os.Remove(file)).To(Succeed())
		Expect(ask(http.MethodPost, "Bearer "+next, string(events(""))).Code).To(Equal(http.StatusServiceUnavailable))
	})

	It("says what is wrong with a request", func() {
		answer := ask(http.MethodGet, "Bearer "+token, "")
		Expect(answer.Code).To(Equal(http.StatusMethodNotAllowed))
		Expect(answer.Header()).To(HaveKeyWithValue("Allow", []string{"POST"}))
		answer = ask(http.MethodPost, "Bearer "+token, "[]")
		Expect(answer.Code).To(Equal(http.StatusBadRequest))
		Expect(answer.Body.String()).To(ContainSubstring("no EventList of audit.k8s.io/v1"))
		answer = ask(http.MethodPost, "Bearer "+token, string(events(strings.Repeat(full+",", maxBody/len(full)+1)+full)))
		Expect(answer.Code).To(Equal(http.StatusRequestEntityTooLarge))
		Expect(answer.Body.String()).To(ContainSubstring("lower --audit-webhook-batch-max-size"))
		Expect(seen).To(BeEmpty())
	})

	It("asks to be asked again when it cannot look people up", func() {
		broken = true
		answer := ask(http.MethodPost, "Bearer "+token, about("ana@acme.example", "acme", "2026-11-21T12:00:00Z"))
		Expect(answer.Code).To(Equal(http.StatusInternalServerError))
		Expect(answer.Body.String()).NotTo(ContainSubstring("ana"))
	})

	DescribeTable("does not start without a good token file", func(content, message string) {
		write(content)
		_, err := NewAuditEndpoint(AuditOptions{TokenFile: file})
		Expect(err).To(MatchError(And(HavePrefix("--audit-token-file: "), ContainSubstring(message), Not(ContainSubstring("secret")))))
	},
		Entry("empty", " \n", "holds no token"),
		Entry("short", token+"\nsecret", "token 2 in the file has 6 characters and needs 32"),
	)

	It("does not start without a token file", func() {
		_, err := NewAuditEndpoint(AuditOptions{TokenFile: file + ".gone"})
		Expect(err).To(MatchError(And(HavePrefix("--audit-token-file: "), ContainSubstring("no such file"))))
	})
})
