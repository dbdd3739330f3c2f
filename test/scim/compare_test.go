// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/scimcases"
)

// rounds is how many cases are compared.
const rounds = 1000

func written(v any) []byte {
	GinkgoHelper()
	body, err := json.Marshal(v)
	Expect(err).NotTo(HaveOccurred())
	return body
}

func decoded(rt *scim.ResourceType, v any) scim.Resource {
	GinkgoHelper()
	r, err := rt.Decode(written(v))
	Expect(err).NotTo(HaveOccurred(), "%s", written(v))
	return r
}

// accepted are the refusals of the other implementation for what we accept on purpose: directories remove what is gone already.
var accepted = []string{
	"Impossible to search on a mono valued attribute", // remove of selected elements of a list that is empty
	"Remove with patch value is supported only for array properties",
}

// compare has both change a resource, expects the same, and reports whether both have changed it. What the other one leaves behind passes
// through our schema, which drops objects without parts and lists without elements.
func compare(rt *scim.ResourceType, before map[string]any, operations []any) bool {
	GinkgoHelper()
	p, err := scim.DecodePatch(written(map[string]any{"Operations": operations}))
	Expect(err).NotTo(HaveOccurred())
	ours, refused := rt.Patch(decoded(rt, before), p)
	theirs := ask(map[string]any{"resource": before, "operations": operations})
	what := fmt.Sprintf("%s\n%s\n%v, %s", written(before), written(operations), refused, theirs.Error)
	if theirs.Error != "" {
		lenient := slices.ContainsFunc(accepted, func(words string) bool { return strings.Contains(theirs.Error, words) })
		Expect(refused != nil || lenient).To(BeTrue(), what)
		return false
	}
	Expect(refused).NotTo(HaveOccurred(), what)
	Expect(written(ours)).To(MatchJSON(written(decoded(rt, theirs.Resource))), what)
	return true
}

var _ = Describe("Beside an independent implementation", func() {
	seed := func() uint64 { return uint64(GinkgoRandomSeed()) }

	It("DIR-1 a filter selects the same", func() {
		cases, selected := scimcases.New(seed()), 0
		for range rounds {
			resource, text := cases.User(), cases.Filter()
			f, err := scim.Users().ParseFilter(text)
			Expect(err).NotTo(HaveOccurred(), text)
			theirs := ask(map[string]any{"filter": text, "resource": resource})
			Expect(theirs.Error).To(BeEmpty(), text)
			matches := f.Matches(decoded(scim.Users(), resource))
			Expect(*theirs.Matches).To(Equal(matches), "%s of %s", text, written(resource))
			if matches {
				selected++
			}
		}
		Expect(selected).To(And(BeNumerically(">", rounds/10), BeNumerically("<", rounds*9/10)), "both answers are usual")
	})

	It("DIR-1 a PATCH of a user leaves the same behind", func() {
		cases, changed := scimcases.New(seed()), 0
		for range rounds {
			if compare(scim.Users(), cases.User(), cases.Operations()) {
				changed++
			}
		}
		Expect(changed).To(BeNumerically(">", rounds/2), "most cases are changes")
	})

	It("DIR-5 a PATCH of a group leaves the same members behind", func() {
		cases, changed := scimcases.New(seed()), 0
		for range rounds {
			if compare(scim.Groups(), cases.Group(), cases.Members()) {
				changed++
			}
		}
		Expect(changed).To(BeNumerically(">", rounds/2), "most cases are changes")
	})
})
