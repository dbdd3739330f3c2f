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
	"github.com/usher-operator/usher/internal/live"
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
		taken := builders.Workspace("acme", "taken").Namespace("acme-taken").Obj()
		c := newClient(interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if broken {
				return errors.New("the cache is broken")
			}
			return c.List(ctx, list, opts...)
		}}, builders.Organization("acme").Delegate("argocd", v1alpha1.RoleOrganizationAdmin).Obj(), active("ana", noon), suspended, support, taken)
		endpoint = NewAuditEndpoint(AuditOptions{
			TokenFile: file, Cache: lookup.New(c, effective.IntakeDomains{}), Platform: live.Of(authz.Platform{Users: []string{"ops"}}),
			Seen: func(namespace, user string, at time.Time) { seen[namespace+"/"+user] = at },
			Now:  func() time.Time { return noon.Add(time.Minute) }, Log: logr.Discard(),
		})
	})
	send := func(method, authorization string, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, AuditPath, strings.NewReader(body))
		r.Header.Set("Authorization", authorization)
		response := httptest.NewRecorder()
		endpoint.ServeHTTP(response, r)
		return response
	}
	eventsOf := func(user, namespace, at string) string {
		return string(eventListOf(shortEvent(stageComplete, user, namespace, "200", at)))
	}

	DescribeTable("sees people in the namespaces of their organization", func(user, namespace string, people ...string) {
		Expect(send(http.MethodPost, "Bearer "+token, eventsOf(user, namespace, "2026-11-21T12:00:00Z")).Code).To(Equal(http.StatusOK))
		Expect(seen).To(HaveLen(len(people)))
		for _, p := range people {
			Expect(seen).To(HaveKeyWithValue(p, noon))
		}
	},
		Entry("the organization's namespace", "ana@acme.example", "acme", "acme/ana"),
		Entry("a workspace's namespace", "ana@acme.example", "acme-support", "acme/ana"),
		Entry("a namespace that a workspace requests but does not own", "ana@acme.example", "acme-taken"),
		Entry("a foreign namespace", "ana@acme.example", "kube-system"),
		Entry("a suspended person", "sam@acme.example", "acme"),
		Entry("an unknown user", "mallory", "acme"),
		Entry("a delegate", "argocd", "acme"),
		Entry("the platform", "ops", "acme"),
	)

	It("records no time in the future", func() {
		Expect(send(http.MethodPost, "Bearer "+token, eventsOf("ana@acme.example", "acme", "2036-11-21T12:00:00Z")).Code).To(Equal(http.StatusOK))
		Expect(seen).To(HaveKeyWithValue("acme/ana", noon.Add(time.Minute)))
	})

	DescribeTable("refuses a request without a valid token", func(authorization string) {
		response := send(http.MethodPost, authorization, eventsOf("ana@acme.example", "acme", "2026-11-21T12:00:00Z"))
		Expect(response.Code).To(Equal(http.StatusUnauthorized))
		Expect(response.Header()).To(HaveKeyWithValue("Www-Authenticate", []string{"Bearer"}))
		Expect(response.Body.String()).To(And(ContainSubstring("--audit-token-file"), Not(ContainSubstring(token))))
		Expect(seen).To(BeEmpty())
	},
		Entry("none", ""),
		Entry("no value", "Bearer "),
		Entry("another token", "Bearer "+next),
		Entry("the beginning of a token", "Bearer "+token[:31]),
		Entry("another scheme", "Basic "+token),
	)

	It("reads the token file at every request", func() {
		write("\n" + next + "\n" + token)
		Expect(send(http.MethodPost, "Bearer "+token, string(eventListOf(""))).Code).To(Equal(http.StatusOK))
		Expect(send(http.MethodPost, "bearer "+next, string(eventListOf(""))).Code).To(Equal(http.StatusOK))
		write(next)
		Expect(send(http.MethodPost, "Bearer "+token, string(eventListOf(""))).Code).To(Equal(http.StatusUnauthorized))
		write("")
		Expect(send(http.MethodPost, "Bearer ", string(eventListOf(""))).Code).To(Equal(http.StatusServiceUnavailable))
		Expect(os.Remove(file)).To(Succeed())
		Expect(send(http.MethodPost, "Bearer "+next, string(eventListOf(""))).Code).To(Equal(http.StatusServiceUnavailable))
	})

	It("says what is wrong with a request", func() {
		response := send(http.MethodGet, "Bearer "+token, "")
		Expect(response.Code).To(Equal(http.StatusMethodNotAllowed))
		Expect(response.Header()).To(HaveKeyWithValue("Allow", []string{"POST"}))
		response = send(http.MethodPost, "Bearer "+token, "[]")
		Expect(response.Code).To(Equal(http.StatusBadRequest))
		Expect(response.Body.String()).To(ContainSubstring("not an EventList of audit.k8s.io/v1"))
		response = send(http.MethodPost, "Bearer "+token, string(eventListOf(strings.Repeat(fullEvent+",", maxBody/len(fullEvent)+1)+fullEvent)))
		Expect(response.Code).To(Equal(http.StatusRequestEntityTooLarge))
		Expect(response.Body.String()).To(ContainSubstring("reduce the API server's --audit-webhook-batch-max-size"))
		Expect(seen).To(BeEmpty())
	})

	It("answers 500 if it cannot look up people", func() {
		broken = true
		response := send(http.MethodPost, "Bearer "+token, eventsOf("ana@acme.example", "acme", "2026-11-21T12:00:00Z"))
		Expect(response.Code).To(Equal(http.StatusInternalServerError))
		Expect(response.Body.String()).NotTo(ContainSubstring("ana"))
	})

	DescribeTable("says what is wrong with an invalid token file", func(content, message string) {
		write(content)
		Expect(CheckTokens(file)).To(MatchError(And(HavePrefix("--audit-token-file: "), ContainSubstring(message), Not(ContainSubstring("secret")))))
	},
		Entry("empty", " \n", "contains no token"),
		Entry("short", token+"\nsecret", "token 2 in the file has 6 characters, but needs at least 32"),
	)

	It("says that there is no token file", func() {
		Expect(CheckTokens(file)).To(Succeed())
		Expect(CheckTokens(file + ".gone")).To(MatchError(And(HavePrefix("--audit-token-file: "), ContainSubstring("no such file"))))
	})
})
