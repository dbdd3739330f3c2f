// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"bytes"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// FuzzLogoType checks that what is accepted as a logo is a picture of the type and size that another decoder sees, and no text: a browser
// must not take it for a page or a program.
func FuzzLogoType(f *testing.F) {
	for _, file := range []string{
		"RIFF\x00\x00\x00\x00WEBPVP8 0123\x00\x00\x00\x9d\x01\x2a\x10\x00\x10\x00", "RIFF\x00\x00\x00\x00WEBPVP8L0123\x2f\x10\x00\x00\x00\x00\x00\x00\x00\x00",
		"RIFF\x00\x00\x00\x00WEBPVP8X0123\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89",
		"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00", "GIF89a", "<svg xmlns='http://www.w3.org/2000/svg'>", "",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		kind, err := effective.LogoType(file)
		if err != nil {
			if kind != "" || err.Error() == "" {
				t.Fatalf("%q with the error %v", kind, err)
			}
			return
		}
		if kind == "image/webp" {
			if !bytes.HasPrefix(file, []byte("RIFF")) || !bytes.Equal(file[8:12], []byte("WEBP")) {
				t.Fatalf("%q is no WebP", file)
			}
			return
		}
		config, format, err := image.DecodeConfig(bytes.NewReader(file))
		if err != nil || "image/"+format != kind || min(config.Width, config.Height) < 1 || max(config.Width, config.Height) > 2000 {
			t.Fatalf("%s is a %s of %d x %d: %v", kind, format, config.Width, config.Height, err)
		}
	})
}

// FuzzPlaces reads allow-lists of hosts and mail domains. What belongs to one organization is not another's, and nothing beside it is allowed.
func FuzzPlaces(f *testing.F) {
	for _, entry := range []string{"login.acme.example", "acme=login.acme.example", "*.okta.example", "acme=*.acme.example", "=x", "*.", "a=b=c", "acme=Ñ.example", "*"} {
		f.Add(entry, "https://login.acme.example/tenant", "desk@acme.example")
		f.Add(entry, "https://x.okta.example", "a@x.acme.example")
	}
	f.Fuzz(func(t *testing.T, entry, issuer, address string) {
		if issuers, err := effective.ParseIssuers([]string{entry}); err == nil && issuers.Allow("other", issuer) {
			checkIssuer(t, entry, issuer)
		}
		domains, err := effective.ParseIntakeDomains([]string{entry})
		if err != nil {
			return
		}
		if domains.Allow("other", address) && !strings.HasPrefix(entry, "other=") {
			t.Fatalf("%q lets another organization have %q", entry, address)
		}
	})
}

// checkIssuer checks that an entry for all organizations names the host of an issuer.
func checkIssuer(t *testing.T, entry, issuer string) {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.User != nil {
		t.Fatalf("%q allows %q", entry, issuer)
	}
	place := strings.ToLower(strings.TrimPrefix(entry, "other="))
	host := strings.ToLower(u.Hostname())
	parent, below := strings.CutPrefix(place, "*")
	if !below && host != place || below && (!strings.HasSuffix(host, parent) || host == parent[1:]) {
		t.Fatalf("%q allows %q", entry, issuer)
	}
}

// FuzzUsernames checks that a name can be had back from the address that it is made of, whatever the prefix is, and that a valid prefix makes
// nobody one of Kubernetes' own.
func FuzzUsernames(f *testing.F) {
	for _, prefix := range []string{"", "oidc:", "https://login.acme.example#", "system:", "a@b.example", "sys", "$(X)", "\u00a0"} {
		f.Add(prefix, "ana@acme.example", false)
		f.Add(prefix, "Ana@Espa\u00f1a.example", true)
	}
	f.Fuzz(func(t *testing.T, prefix, address string, unicode bool) {
		names := effective.Usernames{Prefix: prefix}
		if unicode {
			names.Form = effective.UsernameUnicode
		}
		if names.Validate() != nil || !emailaddr.Valid(address) {
			return
		}
		name := names.ForAddress(address)
		if strings.HasPrefix(name, "system:") {
			t.Fatalf("%q is one of Kubernetes' own", name)
		}
		if back, is := names.AddressIn(name); !is || !emailaddr.Same(back, address) {
			t.Fatalf("%q becomes %q, and that %q", address, name, back)
		}
	})
}

// FuzzIdentityGroups checks that no entry of the configuration lets an organization name a group that Kubernetes reserves, or one that does not
// begin as the entry says.
func FuzzIdentityGroups(f *testing.F) {
	for _, entry := range []string{"oidc:", "acme=oidc:acme-", "system:", "acme=system:", "=", "Acme=x", "s", "acme="} {
		f.Add(entry, "oidc:acme-admins")
		f.Add(entry, "system:masters")
	}
	f.Fuzz(func(t *testing.T, entry, name string) {
		groups, err := effective.ParseIdentityGroups([]string{entry})
		if err != nil || name == "" {
			return
		}
		for _, organization := range []string{"acme", "other"} {
			g := &v1alpha1.OrgGroup{}
			g.Namespace, g.Spec.IdentityGroup = organization, v1alpha1.IdentityGroup(name)
			if groups.WhyRefused(g) != "" {
				continue
			}
			prefix, own := strings.CutPrefix(entry, organization+"=")
			if strings.HasPrefix(name, "system:") || !strings.HasPrefix(name, prefix) || name == prefix || organization == "other" && strings.HasPrefix(entry, "acme=") && !own {
				t.Fatalf("%q lets %s name %q", entry, organization, name)
			}
		}
	})
}
