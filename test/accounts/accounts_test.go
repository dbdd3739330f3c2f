// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"net/http"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/dex"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

const (
	password = "grapefruit-Verona-tuning-9"
	another  = "harbour.Kiosk.mandolin.44"
)

var _ = Describe("A person's account at Dex", func() {
	var org string

	BeforeEach(func(ctx SpecContext) { org = organization(ctx) })

	It("SIG-2 LMI-12 GTA-9 is created with the password that the person chooses on confirming, and opens nothing before", func(ctx SpecContext) {
		nora := declare(ctx, org, "nora")
		confirm := register(ctx, nora)
		_, err := signIn(ctx, nora, password)
		Expect(err).To(MatchError(dex.ErrRefused), "there is no account yet")
		_, body := get(ctx, confirm)
		Expect(body).To(And(ContainSubstring(`autocomplete="new-password"`), ContainSubstring(`autocomplete="username"`),
			ContainSubstring(address(nora))))
		for weak, text := range map[string]string{
			"": "Choose a password", "short1!": "too short", "nora.roca.acme": "easy to guess", "cafe\u0301-grapefruit-Verona": "another form",
		} {
			code, body := post(ctx, confirm, url.Values{"password": {weak}})
			Expect(code).To(Equal(http.StatusUnprocessableEntity))
			Expect(body).To(ContainSubstring(text))
			Expect(accountState(ctx, nora)(Default)).To(Equal(v1alpha1.AccountPlanned))
		}

		code, body := post(ctx, confirm, url.Values{"password": {password}})
		Expect(code).To(Equal(http.StatusOK))
		Expect(body).To(ContainSubstring("Welcome to Acme S.A."))
		session, err := signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred())
		Expect(renew(ctx, session)).To(Succeed())
		Eventually(read(ctx, nora)).Should(HaveCondition(v1alpha1.ConditionAccountReady, "True", v1alpha1.ReasonReady))

		By("sending the form again, as after a crash, or somebody who has found the link")
		_, body = post(ctx, confirm, url.Values{"password": {another}})
		Expect(body).To(ContainSubstring("Welcome to Acme S.A."))
		_, err = signIn(ctx, nora, another)
		Expect(err).To(MatchError(dex.ErrRefused))
		expectNowhere(ctx, nora, session, password, another)
	})

	It("SIG-4 ends with suspension and removal, within seconds, and begins anew with a mailed link", func(ctx SpecContext) {
		nora := declare(ctx, org, "nora")
		accept(ctx, nora, password)
		session, err := signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred())
		former := nora.Status.Account.ID

		began := time.Now()
		suspend(ctx, nora, true)
		Eventually(renew).WithArguments(ctx, session).Should(MatchError(errRefused))
		AddReportEntry("seconds until a suspended person's session was refused", time.Since(began).Round(time.Millisecond))
		Eventually(accountState(ctx, nora)).Should(Equal(v1alpha1.AccountClosed))
		_, err = signIn(ctx, nora, password)
		Expect(err).To(MatchError(dex.ErrRefused))

		suspend(ctx, nora, false)
		set := link(ctx, nora, "/p/", 1)
		Expect(renew(ctx, session)).To(MatchError(errRefused), "the former session does not come back")
		code, body := post(ctx, set, url.Values{"password": {another}})
		Expect(code).To(Equal(http.StatusOK), body)
		Expect(body).To(ContainSubstring("Your password is saved"))
		session, err = signIn(ctx, nora, another)
		Expect(err).NotTo(HaveOccurred())
		Expect(read(ctx, nora)(Default).Status.Account.ID).NotTo(Equal(former))

		began = time.Now()
		Expect(env.Client.Delete(ctx, nora)).To(Succeed())
		Eventually(renew).WithArguments(ctx, session).Should(MatchError(errRefused))
		AddReportEntry("seconds until a removed person's session was refused", time.Since(began).Round(time.Millisecond))
		Eventually(env.Client.Get).WithArguments(ctx, client.ObjectKeyFromObject(nora), nora).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))
		_, err = signIn(ctx, nora, another)
		Expect(err).To(MatchError(dex.ErrRefused))
		expectNowhere(ctx, nora, session, password, another)
	})

	It("SIG-2 gets another password by a mailed link that works once, and the answer tells nobody who has an account", func(ctx SpecContext) {
		nora := declare(ctx, org, "nora")
		accept(ctx, nora, password)
		session, err := signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred())

		code, known := post(ctx, usher.PortalURL+"/password", url.Values{"email": {address(nora)}})
		Expect(code).To(Equal(http.StatusOK))
		_, unknown := post(ctx, usher.PortalURL+"/password", url.Values{"email": {"nobody@elsewhere.example"}})
		Expect(unknown).To(Equal(known))
		set := link(ctx, nora, "/p/", 1)
		_, _ = post(ctx, usher.PortalURL+"/password", url.Values{"email": {address(nora)}})
		_, err = signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred(), "asking changes nothing")

		code, _ = post(ctx, set, url.Values{"password": {"password1234"}})
		Expect(code).To(Equal(http.StatusUnprocessableEntity), "and does not use the link up")
		code, body := post(ctx, set, url.Values{"password": {another}})
		Expect(code).To(Equal(http.StatusOK), body)
		Expect(renew(ctx, session)).To(MatchError(errRefused), "all sessions are over")
		Expect(read(ctx, nora)(Default).Status.Account.ChangeTime).NotTo(BeNil(), "and codes are, in an hour")
		_, err = signIn(ctx, nora, password)
		Expect(err).To(MatchError(dex.ErrRefused))
		_, err = signIn(ctx, nora, another)
		Expect(err).NotTo(HaveOccurred())

		_, body = post(ctx, set, url.Values{"password": {password}})
		Expect(body).To(ContainSubstring("Your password is saved"), "what became of it")
		_, err = signIn(ctx, nora, password)
		Expect(err).To(MatchError(dex.ErrRefused), "the link works once")
		for _, forged := range []string{set[:len(set)-4] + "AAAA", usher.PortalURL + "/p/" + "x"} {
			code, _ = post(ctx, forged, url.Values{"password": {password}})
			Expect(code).To(Equal(http.StatusNotFound))
		}
		Expect(links(Default, nora, "/p/")).To(HaveLen(1), "the second request came too soon for another mail")
		expectNowhere(ctx, nora, session, password, another)
	})

	It("SIG-4 loses nothing and keeps nobody's access from being given or taken in an outage", func(ctx SpecContext) {
		nora, luis := declare(ctx, org, "nora"), declare(ctx, org, "luis")
		accept(ctx, nora, password)
		session, err := signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred())
		confirm := register(ctx, luis)

		Expect(provider.Stop()).To(Succeed())
		suspend(ctx, nora, true)
		Eventually(read(ctx, nora)).Should(HaveCondition(v1alpha1.ConditionAccountReady, "False", v1alpha1.ReasonProviderUnavailable))
		Expect(nora.Status.State).To(Equal(v1alpha1.UserSuspended))
		_, body := post(ctx, confirm, url.Values{"password": {password}})
		Expect(body).To(And(ContainSubstring("Welcome to Acme S.A."), ContainSubstring("could not be saved")))
		Eventually(read(ctx, luis)).Should(And(BeReady(), HaveField("Status.State", v1alpha1.UserActive)))

		Expect(provider.Resume(ctx)).To(Succeed())
		Eventually(accountState(ctx, nora)).Should(Equal(v1alpha1.AccountClosed))
		Expect(renew(ctx, session)).To(MatchError(errRefused))
		_, body = post(ctx, link(ctx, luis, "/p/", 1), url.Values{"password": {password}})
		Expect(body).To(ContainSubstring("Your password is saved"))
		_, err = signIn(ctx, luis, password)
		Expect(err).NotTo(HaveOccurred())
	})

	It("SIG-2 leaves alone what Usher did not create: accounts of others, and people who sign in otherwise", func(ctx SpecContext) {
		Expect(provider.AddPerson(ctx, "nora@"+org+".example", password)).To(Succeed())
		nora := declare(ctx, org, "nora")
		_, body := post(ctx, register(ctx, nora), url.Values{"password": {another}})
		Expect(body).To(ContainSubstring("Welcome to Acme S.A."))
		Eventually(accountState(ctx, nora)).Should(Equal(v1alpha1.AccountForeign))
		_, err := signIn(ctx, nora, another)
		Expect(err).To(MatchError(dex.ErrRefused))
		session, err := signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred())

		guest := builders.OrgUser(org, "guest").Existing().Obj()
		create(ctx, guest)
		Expect(provider.AddPerson(ctx, address(guest), password)).To(Succeed())
		Eventually(read(ctx, guest)).Should(BeReady())
		Expect(guest.Status.Account).To(BeNil())

		Expect(renew(ctx, session)).To(Succeed())
		for _, u := range []*v1alpha1.OrgUser{nora, guest} {
			Expect(env.Client.Delete(ctx, u)).To(Succeed())
			Eventually(env.Client.Get).WithArguments(ctx, client.ObjectKeyFromObject(u), u).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))
			_, err := signIn(ctx, u, password)
			Expect(err).NotTo(HaveOccurred())
		}
	})

	It("SIG-4 is shared by the organizations of a person, and ends with the last of them", func(ctx SpecContext) {
		nora := declare(ctx, org, "nora")
		accept(ctx, nora, password)
		elsewhere := organization(ctx)
		there := builders.OrgUser(elsewhere, "nora").Obj()
		there.Spec.Email = nora.Spec.Email
		create(ctx, there)
		Eventually(accountState(ctx, there)).Should(Equal(v1alpha1.AccountPlanned))
		code, body := post(ctx, link(ctx, nora, "/i/", 2), url.Values{"action": {"accept"}, "displayName": {"Nora"}, "language": {"en"}})
		Expect(code).To(Equal(http.StatusOK), body)
		confirm := link(ctx, nora, "/c/", 2)
		_, body = get(ctx, confirm)
		Expect(body).NotTo(ContainSubstring("new-password"), "they have one")
		_, _ = post(ctx, confirm, nil)
		Eventually(accountState(ctx, there)).Should(Equal(v1alpha1.AccountReady))
		session, err := signIn(ctx, nora, password)
		Expect(err).NotTo(HaveOccurred())

		suspend(ctx, nora, true)
		Eventually(accountState(ctx, nora)).Should(Equal(v1alpha1.AccountClosed))
		Expect(renew(ctx, session)).To(Succeed())
		Expect(env.Client.Delete(ctx, there)).To(Succeed())
		Eventually(renew).WithArguments(ctx, session).Should(MatchError(errRefused))
	})
})
