// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
)

// FuzzConfiguration reads any configuration. What is accepted is the same after it was written; and with a key that there is not, or with a
// key twice, it is refused with the name of the key.
func FuzzConfiguration(f *testing.F) {
	for _, body := range []string{
		"", "drainDelay: 1s\n", "portal: {url: \"https://usher.acme.example\", trustedProxies: [10.0.0.0/8]}\n", "mail:\n  smtp: {address: 'a:1', tls: None}\n",
		"budgets: {phoneDay: 0}\nplatform: {groups: [a, b]}\n", "drainDelay: yesterday\n", "portal: []\n", "namespaces: {labels: null}\n", "a: &a [*a]\n",
		"intake: {limits: {messageBytes: 1e3, perSender: -1}}\ncluster: {login: {scopes: [openid]}}\n", "? x\n: y\n", "drainDelay: 1s\ndrainDelay: 2s\n",
		"signIn: {issuerURL: 'https://u:p@x', accounts: {address: 'dex:5557', tls: {}}, privateNetworks: ['::/0', '10.0.0.0/33']}\n", "--- {}\n--- {}\n",
	} {
		f.Add([]byte(header + body))
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := decode(content)
		if err != nil {
			return
		}
		if o, err := fromConfiguration(c); err == nil {
			if wrong := o.Validate(); wrong != nil && strings.TrimSpace(wrong.Error()) == "" {
				t.Fatal("an error without words")
			}
		}
		written, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(written)
		if err != nil || !reflect.DeepEqual(canonical(t, again), canonical(t, c)) {
			t.Fatalf("%s became %+v: %v", content, again, err)
		}
		for _, more := range []string{"nobodyKnows: 1\n", "drainDelay: 7s\n"} {
			if _, err := decode(append(append([]byte{}, written...), more...)); err == nil || !strings.Contains(err.Error(), more[:strings.IndexByte(more, ':')]) {
				t.Fatalf("with %q in addition, the error is %v", more, err)
			}
		}
	})
}

// canonical returns a configuration as it is written: an empty list is none.
func canonical(t *testing.T, c *config.UsherConfiguration) string {
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
