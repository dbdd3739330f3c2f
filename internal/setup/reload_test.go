// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	config "github.com/usher-operator/usher/api/config/v1alpha1"
)

// fieldAt returns the field of a configuration at a key.
func fieldAt(c *config.UsherConfiguration, key string) reflect.Value {
	GinkgoHelper()
	at := reflect.ValueOf(c).Elem()
	for name := range strings.SplitSeq(key, ".") {
		found := false
		for i := range at.NumField() {
			if strings.Split(at.Type().Field(i).Tag.Get("json"), ",")[0] == name {
				at, found = at.Field(i), true
				break
			}
		}
		Expect(found).To(BeTrue(), key)
	}
	return at
}

// alter gives a field another value than its default.
func alter(c *config.UsherConfiguration, key string) {
	GinkgoHelper()
	switch field := fieldAt(c, key); v := field.Interface().(type) {
	case bool:
		field.SetBool(!v)
	case int:
		field.SetInt(int64(v) + 1)
	case int64:
		field.SetInt(v + 1)
	case float64:
		field.SetFloat(v + 1)
	case string:
		field.SetString(v + "x")
	case metav1.Duration:
		field.Set(reflect.ValueOf(metav1.Duration{Duration: v.Duration + 1}))
	case []string:
		text := "a.example"
		switch key {
		case "portal.trustedProxies", "signIn.privateNetworks":
			text = "10.0.0.0/8"
		case "intake.domains":
			text = "acme=acme.example"
		}
		field.Set(reflect.ValueOf([]string{text}))
	default:
		Fail(fmt.Sprintf("%s has the type %T", key, v))
	}
}

// optionsWith returns options in which the fields at some keys are not the default ones.
func optionsWith(keys ...string) *Options {
	GinkgoHelper()
	c := config.Default()
	for _, key := range keys {
		alter(c, key)
	}
	o, err := fromConfiguration(c)
	Expect(err).NotTo(HaveOccurred())
	return &o
}

// state returns all values that live options hold.
func (l *liveOptions) state() string {
	return fmt.Sprintf("%+v", []any{
		l.platform.Load(), l.namespaceLabels.Load(), l.intakeDomains.Load(), l.queueDomains.Load(), l.identityGroups.Load(), l.intakeLimits.Load(),
		l.signInURL.Load(), l.requestsPerSecond.Load(), l.questionsPerHour.Load(), l.directoryRate.Load(), l.mailRate.Load(),
		l.budgets.Load(), l.activityInterval.Load(),
	})
}

var _ = Describe("OPS-1 a change of the configuration", func() {
	var (
		next  *Options
		wrong error
		r     *reload
	)
	BeforeEach(func() {
		wrong = nil
		o := optionsWith()
		o.live, o.features = newLiveOptions(o), newFeatures(GinkgoLogr, "usher-system")
		o.Reload = func() (Options, error) { return *next, wrong }
		r = newReload(o, GinkgoLogr)
	})

	for _, s := range settings {
		when := "takes effect after a restart"
		if s.live {
			when = "takes effect at once"
		}
		It("of "+s.key+" "+when, func() {
			before, hash := r.live.state(), r.hash()
			changed, later := r.changes(optionsWith(s.key))
			if !s.live {
				Expect(keysIn(later)).To(HaveExactElements(s.key))
				Expect(changed).To(BeEmpty())
				r.live.apply(optionsWith(s.key))
				Expect(r.live.state()).To(Equal(before))
				return
			}
			Expect(keysIn(changed)).To(HaveExactElements(s.key))
			Expect(later).To(BeEmpty())
			r.live.apply(optionsWith(s.key))
			Expect(r.live.state()).NotTo(Equal(before))
			Expect(newReload(optionsWith(s.key), GinkgoLogr).hash()).NotTo(Equal(hash))
		})
	}

	valid := func(keys ...string) *Options {
		o := optionsWith(keys...)
		o.Namespace, o.Mail.Address, o.Mail.From, o.PortalURL = "usher-system", "smtp:25", "u@acme.example", "https://u.acme.example"
		return o
	}
	start := func() {
		o := valid()
		o.live, o.features = newLiveOptions(o), newFeatures(GinkgoLogr, "usher-system")
		o.Reload = func() (Options, error) { return *next, wrong }
		r = newReload(o, GinkgoLogr)
	}

	It("is put in force as far as it can be, and the rest is reported until it is taken back", func() {
		start()
		next = valid()
		hash := r.hash()
		Expect(r.check()).To(Succeed())
		next = valid("mail.rate", "mail.settleDelay", "usernames.prefix")
		for range 2 {
			Expect(r.check()).To(Succeed())
			Expect(r.features.wrong).To(HaveKeyWithValue(featureRestart, "the configuration has changed, but some of it takes effect after "+
				"a restart: mail.settleDelay, usernames.prefix: kubectl -n usher-system rollout restart deployment"))
			Expect(r.live.mailRate.Load()).To(Equal(1))
		}
		Expect(r.hash()).NotTo(Equal(hash))
		next = valid("mail.rate")
		Expect(r.check()).To(Succeed())
		Expect(r.features.wrong).To(BeEmpty())
		next = valid()
		Expect(r.check()).To(Succeed())
		Expect(r.live.mailRate.Load()).To(Equal(0))
		Expect(r.hash()).To(Equal(hash))
	})

	It("that is invalid changes nothing, and is reported", func() {
		start()
		before := r.live.state()
		next = valid("mail.rate")
		next.PlatformGroups = []string{"system:authenticated"}
		Expect(r.check()).To(MatchError(And(HavePrefix("the configuration that was read before stays in force: "),
			ContainSubstring("--platform-groups contains"))))
		next, wrong = valid("mail.rate"), errors.New(`unknown field "mail.rat"`)
		Expect(r.check()).To(MatchError(HaveSuffix(`stays in force: unknown field "mail.rat"`)))
		Expect(r.live.state()).To(Equal(before))
	})

	It("between no list and an empty one is none", func() {
		o := optionsWith()
		o.PlatformUsers = []string{}
		changed, later := r.changes(o)
		Expect(changed).To(BeEmpty())
		Expect(later).To(BeEmpty())
	})
})
