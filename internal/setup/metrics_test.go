// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// labelled matches the description of one of Usher's own metrics: its name and its labels.
var labelled = regexp.MustCompile(`fqName: "(usher_[a-z_]+)".*variableLabels: \{([^}]*)\}`)

var _ = Describe("Metrics", func() {
	// reviewer is an API server that knows the token "known", and allows its holder what it is told.
	reviewer := func(allowed bool) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/apis/authentication.k8s.io/v1/tokenreviews" {
				var review authenticationv1.TokenReview
				_ = json.NewDecoder(r.Body).Decode(&review)
				review.Status = authenticationv1.TokenReviewStatus{
					Authenticated: review.Spec.Token == "known", User: authenticationv1.UserInfo{Username: "prometheus"},
				}
				_ = json.NewEncoder(w).Encode(review)
				return
			}
			var review authorizationv1.SubjectAccessReview
			_ = json.NewDecoder(r.Body).Decode(&review)
			review.Status.Allowed = allowed
			_ = json.NewEncoder(w).Encode(review)
		}))
	}

	It("have no label that names a person or a tenant, or that people could multiply", func() {
		// Each has few values, which the code names, or one.
		closed := []string{"code", "feature", "hash", "method", "operation", "outcome", "reason", "scope", "state", "stream"}
		described := make(chan *prometheus.Desc, 1000)
		registry, is := metrics.Registry.(prometheus.Collector)
		Expect(is).To(BeTrue())
		registry.Describe(described)
		close(described)
		found := 0
		for d := range described {
			match := labelled.FindStringSubmatch(d.String())
			if match == nil {
				continue
			}
			found++
			for label := range strings.SplitSeq(match[2], ",") {
				Expect(label).To(Or(BeEmpty(), BeElementOf(closed)), match[1])
			}
		}
		Expect(found).To(BeNumerically(">=", 4), "the metrics were found")
	})

	DescribeTable("are read only with a token of somebody whom the cluster allows it", func(allowed bool, authorization string, status int) {
		api := reviewer(allowed)
		DeferCleanup(api.Close)
		filter, err := metricsOptions(&Options{MetricsSecure: true}, newServingCertificate()).FilterProvider(&rest.Config{Host: api.URL}, api.Client())
		Expect(err).NotTo(HaveOccurred())
		served, err := filter(logr.Discard(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		Expect(err).NotTo(HaveOccurred())
		request, answer := httptest.NewRequest(http.MethodGet, "/metrics", nil), httptest.NewRecorder()
		if authorization != "" {
			request.Header.Set("Authorization", authorization)
		}
		served.ServeHTTP(answer, request)
		Expect(answer.Code).To(Equal(status))
	},
		Entry("by those whom it allows", true, "Bearer known", http.StatusOK),
		Entry("not by others", false, "Bearer known", http.StatusForbidden),
		Entry("not with another token, which controller-runtime answers so", true, "Bearer other", http.StatusInternalServerError),
		Entry("not without a token", true, "", http.StatusUnauthorized),
	)
})
