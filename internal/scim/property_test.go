// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/scimcases"
)

// rounds is how many cases each property is tried with.
const rounds = 300

var _ = Describe("Whatever a directory sends", func() {
	seed := func() uint64 { return uint64(GinkgoRandomSeed()) }

	parse := func(text string) *scim.Filter {
		GinkgoHelper()
		f, err := scim.Users().ParseFilter(text)
		Expect(err).NotTo(HaveOccurred(), text)
		return f
	}

	It("DIR-1 has filters that follow the laws of logic", func() {
		cases := scimcases.New(seed())
		for range rounds {
			r, a, b := user(written(cases.User())), cases.Filter(), cases.Filter()
			p, q := parse(a).Matches(r), parse(b).Matches(r)
			for text, want := range map[string]bool{
				fmt.Sprintf("not (%s)", a):                           !p,
				fmt.Sprintf("(%s) and (%s)", a, b):                   p && q,
				fmt.Sprintf("(%s) or (%s)", a, b):                    p || q,
				fmt.Sprintf("not ((%s) and (%s))", a, b):             !p || !q,
				fmt.Sprintf("not (%s) and not (%s)", a, b):           !p && !q,
				fmt.Sprintf("(%s) or (%s) and (%s)", a, b, a):        p,
				fmt.Sprintf("userName eq \"none\" or (%s)", a):       p || scim.Users().Text(r, "userName") == "none",
				fmt.Sprintf("emails[value eq \"none\"] and (%s)", a): false,
			} {
				Expect(parse(text).Matches(r)).To(Equal(want), "%s of %s", text, written(r))
			}
		}
	})

	It("DIR-1 finds by an index what a filter selects", func() {
		cases := scimcases.New(seed())
		for range rounds {
			r, f := user(written(cases.User())), parse(cases.Filter())
			if value, ok := f.Equal("userName"); ok && f.Matches(r) {
				Expect(scim.Fold(scim.Users().Text(r, "userName"))).To(Equal(scim.Fold(value)))
			}
		}
	})

	It("DIR-1 leaves behind by a PATCH what a POST could have made", func() {
		cases := scimcases.New(seed())
		for range rounds {
			before, operations := user(written(cases.User())), written(cases.Operations())
			after := applied(scim.Users(), before, operations)
			if after != nil {
				Expect(user(written(after))).To(Equal(after), operations)
			}
		}
	})

	It("DIR-1 changes nothing when a PATCH is repeated that names the values of every list", func() {
		cases := scimcases.New(seed())
		for range rounds {
			before, operations := group(written(cases.Group())), cases.Members()[:1]
			after := applied(scim.Groups(), before, written(operations))
			Expect(applied(scim.Groups(), after, written(operations))).To(Equal(after), written(operations))
		}
	})

	It("DIR-5 has the members that its operations name, one by one", func() {
		cases := scimcases.New(seed())
		for range rounds {
			given, operations := cases.Group(), cases.Members()
			want := map[string]bool{}
			follow(want, map[string]any{"op": "add", "value": given["members"]})
			for _, o := range operations {
				follow(want, o.(map[string]any)) //nolint:forcetypeassert // we made it up
			}
			got := map[string]bool{}
			members, _ := applied(scim.Groups(), group(written(given)), written(operations))["members"].([]any)
			for _, m := range members {
				got[m.(map[string]any)["value"].(string)] = true //nolint:forcetypeassert // the schema says so
			}
			Expect(got).To(Equal(want), written(operations))
			Expect(members).To(HaveLen(len(want)))
		}
	})
})

// applied returns what a PATCH leaves behind, or nil if it is refused.
func applied(rt *scim.ResourceType, before scim.Resource, operations string) scim.Resource {
	GinkgoHelper()
	p, err := scim.DecodePatch(fmt.Appendf(nil, `{"Operations": %s}`, operations))
	Expect(err).NotTo(HaveOccurred())
	after, err := rt.Patch(before, p)
	if err != nil {
		Expect(failure(err).Type).To(Equal(scim.NoTarget), operations)
		return nil
	}
	return after
}

// follow carries out an operation on a set of members.
func follow(members map[string]bool, o map[string]any) {
	list, _ := o["value"].([]any)
	if o["op"] == "replace" || o["op"] == "Replace" {
		clear(members)
	}
	for _, m := range list {
		value := m.(map[string]any)["value"].(string) //nolint:forcetypeassert // we made it up
		if o["op"] == "Remove" {
			delete(members, value)
		} else {
			members[value] = true
		}
	}
	if o["op"] == "remove" {
		for n := range 6 {
			if o["path"] == fmt.Sprintf(`members[value eq "u-%d"]`, n) {
				delete(members, fmt.Sprintf("u-%d", n))
			}
		}
	}
}
