// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package trust_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/trust"
)

func TestTrust(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Trust")
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

var names = []string{"usher-webhook-service.usher-system.svc", "usher-metrics.usher-system.svc"}

func renew(data map[string][]byte, now time.Time) (map[string][]byte, bool) {
	GinkgoHelper()
	data, renewed, err := trust.Renew(data, names, now)
	Expect(err).NotTo(HaveOccurred())
	return data, renewed
}

func chain(data map[string][]byte) []*x509.Certificate {
	GinkgoHelper()
	pair, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
	Expect(err).NotTo(HaveOccurred())
	return []*x509.Certificate{pair.Leaf}
}

func parsed(pemText []byte) *x509.Certificate {
	GinkgoHelper()
	block, _ := pem.Decode(pemText)
	Expect(block).NotTo(BeNil())
	c, err := x509.ParseCertificate(block.Bytes)
	Expect(err).NotTo(HaveOccurred())
	return c
}

// formerAuthority returns an authority as the operator created it before serial numbers were random.
func formerAuthority(now time.Time) map[string][]byte {
	GinkgoHelper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0), Subject: pkix.Name{CommonName: "usher-ca", Organization: []string{"usher"}}, DNSNames: []string{"usher-ca"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(10 * year), BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	Expect(err).NotTo(HaveOccurred())
	return map[string][]byte{
		"ca.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"ca.key": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
	}
}

var _ = Describe("Certificates that the operator issues", func() {
	now := time.Now()

	It("are verified by their authority, for each name, and by no other", func() {
		data, renewed := renew(nil, now)
		Expect(renewed).To(BeTrue())
		for _, name := range names {
			Expect(trust.Verify(data["ca.crt"], chain(data), name, now)).To(Succeed())
		}
		Expect(trust.Verify(data["ca.crt"], chain(data), "other.usher-system.svc", now)).NotTo(Succeed())
		other, _ := renew(nil, now)
		Expect(trust.Verify(other["ca.crt"], chain(data), names[0], now)).To(MatchError(ContainSubstring("unknown authority")))
		Expect(trust.Verify(nil, chain(data), names[0], now)).NotTo(Succeed(), "the system's authorities")
		Expect(trust.Verify(data["ca.crt"], nil, names[0], now)).NotTo(Succeed())
	})

	It("stay until they end soon, and are renewed by the same authority until that ends soon", func() {
		first, _ := renew(nil, now)
		same, renewed := renew(first, now.Add(year-91*day))
		Expect(renewed).To(BeFalse())
		Expect(same).To(Equal(first))

		second, renewed := renew(first, now.Add(year-89*day))
		Expect(renewed).To(BeTrue())
		Expect(second["ca.crt"]).To(Equal(first["ca.crt"]))
		Expect(second["ca.key"]).To(Equal(first["ca.key"]))
		Expect(second["tls.crt"]).NotTo(Equal(first["tls.crt"]))

		third, renewed := renew(second, now.Add(10*year-89*day))
		Expect(renewed).To(BeTrue())
		Expect(third["ca.crt"]).NotTo(Equal(first["ca.crt"]))
		Expect(trust.Verify(third["ca.crt"], chain(third), names[0], now.Add(10*year))).To(Succeed())
	})

	DescribeTable("are issued again when the Secret is damaged", func(damage func(map[string][]byte), keepsAuthority bool) {
		data, _ := renew(nil, now)
		authority := data["ca.crt"]
		damage(data)
		again, renewed := renew(data, now)
		Expect(renewed).To(BeTrue())
		Expect(bytes.Equal(again["ca.crt"], authority)).To(Equal(keepsAuthority))
		Expect(trust.Verify(again["ca.crt"], chain(again), names[1], now)).To(Succeed())
	},
		Entry("without a certificate", func(d map[string][]byte) { delete(d, "tls.crt") }, true),
		Entry("with another key", func(d map[string][]byte) { d["tls.key"] = d["ca.key"] }, true),
		Entry("without the authority's key", func(d map[string][]byte) { delete(d, "ca.key") }, false),
		Entry("with nonsense", func(d map[string][]byte) { d["ca.crt"] = []byte("x") }, false),
	)

	It("have serial numbers of their own, and so have authorities, which nobody can foresee", func() {
		numbers := map[string]bool{}
		var data map[string][]byte
		for range 4 {
			delete(data, "tls.crt")
			data, _ = renew(data, now)
			other, _ := renew(nil, now)
			for _, c := range append(chain(data), parsed(other["ca.crt"])) {
				Expect(c.SerialNumber.Sign()).To(Equal(1))
				Expect(c.SerialNumber.BitLen()).To(And(BeNumerically(">", 100), BeNumerically("<", 160)), "20 octets at most, by RFC 5280")
				numbers[c.SerialNumber.String()] = true
			}
		}
		Expect(numbers).To(HaveLen(8))
	})

	It("are issued by an authority of a former version, which has an RSA key and number 0, as long as it is valid", func() {
		first := formerAuthority(now)
		second, renewed := renew(first, now)
		Expect(renewed).To(BeTrue())
		Expect(second["ca.crt"]).To(Equal(first["ca.crt"]))
		Expect(second["ca.key"]).To(Equal(first["ca.key"]))
		Expect(trust.Verify(first["ca.crt"], chain(second), names[1], now)).To(Succeed())
	})

	It("are issued again when a name is missing", func() {
		data, _, err := trust.Renew(nil, names[:1], now)
		Expect(err).NotTo(HaveOccurred())
		again, renewed := renew(data, now)
		Expect(renewed).To(BeTrue())
		Expect(again["ca.crt"]).To(Equal(data["ca.crt"]))
	})
})

var _ = Describe("Certificates by the authority in another Secret", func() {
	now := time.Now()
	const portal = "usher-portal-metrics.usher-system.svc"
	renewBy := func(authority, data map[string][]byte, now time.Time) (map[string][]byte, bool) {
		GinkgoHelper()
		data, renewed, err := trust.RenewBy(authority, data, []string{portal}, now)
		Expect(err).NotTo(HaveOccurred())
		return data, renewed
	}

	It("are verified by it for their own name only, and come without its key", func() {
		authority, _ := renew(nil, now)
		data, renewed := renewBy(authority, nil, now)
		Expect(renewed).To(BeTrue())
		Expect(data).To(HaveLen(3))
		Expect(data["ca.crt"]).To(Equal(authority["ca.crt"]))
		Expect(data).NotTo(HaveKey("ca.key"))
		Expect(trust.Verify(authority["ca.crt"], chain(data), portal, now)).To(Succeed())
		Expect(trust.Verify(authority["ca.crt"], chain(data), names[0], now)).NotTo(Succeed(), "its holder cannot pose as the webhooks")
	})

	It("stay until they end soon, or the authority is another one", func() {
		authority, _ := renew(nil, now)
		first, _ := renewBy(authority, nil, now)
		same, renewed := renewBy(authority, first, now.Add(year-91*day))
		Expect(renewed).To(BeFalse())
		Expect(same).To(Equal(first))
		second, renewed := renewBy(authority, first, now.Add(year-89*day))
		Expect(renewed).To(BeTrue())
		Expect(second["ca.crt"]).To(Equal(first["ca.crt"]))
		other, _ := renew(nil, now)
		third, renewed := renewBy(other, second, now)
		Expect(renewed).To(BeTrue())
		Expect(trust.Verify(other["ca.crt"], chain(third), portal, now)).To(Succeed())
	})

	It("are refused while there is no authority", func() {
		_, _, err := trust.RenewBy(map[string][]byte{}, nil, []string{portal}, now)
		Expect(err).To(MatchError(ContainSubstring("the authority cannot be used")))
	})
})

var _ = Describe("A bundle of authorities", func() {
	now := time.Now()

	It("contains those in use and the others, each once, if they are valid and authorities", func() {
		first, _ := renew(nil, now)
		second, _ := renew(nil, now)
		a, b := first["ca.crt"], second["ca.crt"]
		both := trust.Join(b, a, now)
		Expect(both).To(Equal(append(bytes.Clone(b), a...)))
		Expect(trust.Join(b, both, now)).To(Equal(both))
		Expect(trust.Join(b, nil, now)).To(Equal(b))
		Expect(trust.Join(b, []byte("nonsense"), now)).To(Equal(b))
		Expect(trust.Join(b, first["tls.crt"], now)).To(Equal(b), "not an authority")
		Expect(trust.Join(b, a, now.Add(11*year))).To(Equal(b), "expired")
	})

	It("does not grow without end", func() {
		var bundle []byte
		for range 12 {
			data, _ := renew(nil, now)
			bundle = trust.Join(data["ca.crt"], bundle, now)
			Expect(trust.Verify(bundle, chain(data), names[0], now)).To(Succeed())
		}
		Expect(bytes.Count(bundle, []byte("BEGIN CERTIFICATE"))).To(Equal(8))
	})
})
