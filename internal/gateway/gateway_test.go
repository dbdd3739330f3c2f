// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/gateway"
	"github.com/usher-operator/usher/internal/testing/ports"
)

func TestGateway(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Gateway")
}

var secret = []byte("0123456789abcdef0123456789abcdef")

// service is a gateway that checks signatures like a receiver, and answers with code.
type service struct {
	*httptest.Server
	code     int
	messages []gateway.Message
	ids      []string
}

func newService() *service {
	s := &service{code: http.StatusNoContent}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer GinkgoRecover()
		body, err := io.ReadAll(r.Body)
		Expect(err).NotTo(HaveOccurred())
		id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(id + "." + at + "." + string(body)))
		Expect(r.Header.Get("webhook-signature")).To(Equal("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))))
		seconds, err := strconv.ParseInt(at, 10, 64)
		Expect(err).NotTo(HaveOccurred())
		Expect(time.Unix(seconds, 0)).To(BeTemporally("~", time.Now(), time.Minute))
		Expect(r.Method).To(Equal(http.MethodPost))
		var m gateway.Message
		Expect(json.Unmarshal(body, &m)).To(Succeed())
		s.messages, s.ids = append(s.messages, m), append(s.ids, id)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(s.code)
	}))
	DeferCleanup(s.Close)
	return s
}

func keyFile(content string) string {
	GinkgoHelper()
	file := filepath.Join(GinkgoT().TempDir(), "key")
	Expect(os.WriteFile(file, []byte(content), 0o600)).To(Succeed())
	return file
}

var message = gateway.Message{ID: "4711", Type: "SMS", To: "+34600000009", Text: "no seat is left", Organization: "acme", Workspace: "support"}

var _ = Describe("The gateway for phones", func() {
	var s *service
	var key string

	BeforeEach(func() {
		s = newService()
		key = keyFile("whsec_" + base64.StdEncoding.EncodeToString(secret) + "\n")
	})
	client := func(url string) *gateway.Client {
		GinkgoHelper()
		c, err := gateway.New(gateway.Options{URL: url, KeyFile: key})
		Expect(err).NotTo(HaveOccurred())
		return c
	}

	It("GTA-13 gets messages that are signed as in Standard Webhooks", func(ctx context.Context) {
		Expect(client(s.URL).Send(ctx, message)).To(Succeed())
		Expect(s.messages).To(Equal([]gateway.Message{message}))
		Expect(s.ids).To(Equal([]string{"4711"}))
	})

	It("gets signatures with the current key in the file, in base64 or raw", func(ctx context.Context) {
		c := client(s.URL)
		Expect(os.WriteFile(key, secret, 0o600)).To(Succeed())
		Expect(c.Send(ctx, message)).To(Succeed())
		Expect(os.WriteFile(key, []byte("short"), 0o600)).To(Succeed())
		err := c.Send(ctx, message)
		Expect(err).To(MatchError(ContainSubstring("has 5 bytes: it needs at least 24")))
		Expect(gateway.IsPermanent(err)).To(BeFalse())
		Expect(s.ids).To(HaveLen(1))
	})

	DescribeTable("refuses permanently or temporarily", func(ctx context.Context, code int, permanent bool) {
		s.code = code
		err := client(s.URL).Send(ctx, message)
		Expect(err).To(MatchError(ContainSubstring(strconv.Itoa(code))))
		Expect(gateway.IsPermanent(err)).To(Equal(permanent))
		Expect(s.ids).To(HaveLen(1), "redirects are not followed")
	},
		Entry(nil, 400, true), Entry(nil, 401, true), Entry(nil, 404, true), Entry(nil, 422, true),
		Entry(nil, 408, false), Entry(nil, 429, false), Entry(nil, 500, false), Entry(nil, 503, false), Entry(nil, 307, false),
	)

	It("is left alone for a while after it fails, and then tried again", func(ctx context.Context) {
		now := time.Now()
		c, err := gateway.New(gateway.Options{URL: s.URL, KeyFile: key, Now: func() time.Time { return now }})
		Expect(err).NotTo(HaveOccurred())
		s.code = http.StatusServiceUnavailable
		Expect(c.Send(ctx, message)).NotTo(Succeed())
		s.code = http.StatusNoContent
		err = c.Send(ctx, message)
		at, notTried := gateway.NotTried(err)
		Expect(notTried).To(BeTrue())
		Expect(at).To(Equal(now.Add(time.Second)))
		Expect(err).To(MatchError(ContainSubstring("503")))
		Expect(s.ids).To(HaveLen(1))
		now = at
		Expect(c.Send(ctx, message)).To(Succeed())
		Expect(s.ids).To(HaveLen(2))
	})

	It("may be down, and the error then contains no path, which may be secret", func(ctx context.Context) {
		address, err := ports.Address()
		Expect(err).NotTo(HaveOccurred())
		err = client("http://"+address+"/hidden?token=hidden").Send(ctx, message)
		Expect(err).To(MatchError(And(HavePrefix("gateway "+address+": "), Not(ContainSubstring("hidden")))))
		Expect(gateway.IsPermanent(err)).To(BeFalse())
	})

	DescribeTable("must have a URL that keeps messages private", func(url, says string) {
		_, err := gateway.New(gateway.Options{URL: url, KeyFile: key})
		Expect(err).To(MatchError(ContainSubstring(says)))
	},
		Entry(nil, "http://sms.acme.example/", "must have the scheme https"),
		Entry(nil, "ftp://sms.acme.example/", "must be an absolute URL"),
		Entry(nil, "sms.acme.example", "must be an absolute URL"),
		Entry(nil, "https://me:hidden@sms.acme.example", "must not contain a user name"),
		Entry(nil, "https://%zz", "must be an absolute URL"),
	)

	It("may use https anywhere and http on the same host", func() {
		for _, url := range []string{"https://sms.acme.example/x?y", "http://127.0.0.1:8080", "http://[::1]:1/", "http://localhost/"} {
			Expect(gateway.CheckURL(url)).To(Succeed(), url)
		}
	})

	It("needs a valid key", func(ctx context.Context) {
		for _, file := range []string{keyFile("whsec_###"), keyFile(strings.Repeat("x", 23)), "/nowhere"} {
			Expect(gateway.CheckKey(file)).To(MatchError(ContainSubstring("gateway's key")))
			c, err := gateway.New(gateway.Options{URL: s.URL, KeyFile: file})
			Expect(err).NotTo(HaveOccurred())
			err = c.Send(ctx, message)
			Expect(err).To(MatchError(ContainSubstring("gateway's key")))
			Expect(gateway.IsPermanent(err)).To(BeFalse(), "it is sent once the key is corrected")
		}
	})

	It("is documented with a valid request", func() {
		manual, err := os.ReadFile("../../docs/notifications.md")
		Expect(err).NotTo(HaveOccurred())
		find := func(pattern string) string {
			found := regexp.MustCompile(pattern).FindSubmatch(manual)
			Expect(found).To(HaveLen(2), pattern)
			return string(found[1])
		}
		body := find(`(?m)^(\{"id":.*\})$`)
		key, err := gateway.ParseKey(find("key `(whsec_[^`]+)`"))
		Expect(err).NotTo(HaveOccurred())
		Expect(find(`webhook-signature: (.*)`)).To(Equal(gateway.Signature(key, find(`webhook-id: (.*)`), find(`webhook-timestamp: (.*)`), []byte(body))))
		var m gateway.Message
		Expect(json.Unmarshal([]byte(body), &m)).To(Succeed())
		Expect(json.Marshal(m)).To(BeEquivalentTo(body))
	})
})
