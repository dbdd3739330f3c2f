// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
)

// exchange is a request of a directory's about a group, and what it leaves behind.
type exchange struct {
	Step   string          `json:"step"`
	Method string          `json:"method"`
	Body   json.RawMessage `json:"body"`
	Want   struct {
		DisplayName string   `json:"displayName"`
		ExternalID  string   `json:"externalId"`
		Members     []string `json:"members"`
	} `json:"want"`
}

// after returns what the request leaves behind of a group.
func (e exchange) after(before scim.Resource) (scim.Resource, error) {
	switch e.Method {
	case http.MethodPost:
		return scim.Groups().Decode(e.Body)
	case http.MethodPut:
		return scim.Groups().Replace(before, e.Body)
	}
	p, err := scim.DecodePatch(e.Body)
	if err != nil {
		return nil, err
	}
	return scim.Groups().Patch(before, p)
}

var _ = Describe("A group in the life of a directory", func() {
	DescribeTable("DIR-5 is what the directory means, request by request", func(file string) {
		body, err := os.ReadFile(filepath.Join("testdata", "recorded", file))
		Expect(err).NotTo(HaveOccurred())
		var exchanges []exchange
		Expect(json.Unmarshal(body, &exchanges)).To(Succeed())
		Expect(exchanges).NotTo(BeEmpty())
		var r scim.Resource
		for _, e := range exchanges {
			By(e.Step)
			r, err = e.after(r)
			Expect(err).NotTo(HaveOccurred())
			members := []string{}
			list, _ := r["members"].([]any)
			for _, element := range list {
				members = append(members, element.(map[string]any)["value"].(string)) //nolint:forcetypeassert // the schema says so
			}
			Expect(members).To(Equal(e.Want.Members))
			Expect(scim.Groups().Text(r, "displayName")).To(Equal(e.Want.DisplayName))
			if e.Want.ExternalID != "" {
				Expect(scim.Groups().Text(r, "externalId")).To(Equal(e.Want.ExternalID))
			}
		}
	},
		Entry("Entra ID", "entra-groups.json"),
		Entry("Okta", "okta-groups.json"),
	)
})
