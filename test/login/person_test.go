// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// person is somebody with an account at Dex, a computer, and perhaps a kubeconfig.
type person struct {
	email string
	// config is the path of the kubeconfig, and home the folder in which programs keep files of their own.
	config, home string
	// browser is the program that opens addresses; empty: there is none.
	browser string
}

func newPerson(ctx context.Context, email string) *person {
	GinkgoHelper()
	Expect(provider.AddPerson(ctx, email, password)).To(Succeed())
	home := GinkgoT().TempDir()
	// The person reads the address on the terminal, and does what the specs say.
	return &person{email: email, home: home, config: filepath.Join(home, "kubeconfig.yaml"), browser: "true"}
}

// kubectl starts a command at the person's terminal.
func (p *person) kubectl(args ...string) *gexec.Session {
	GinkgoHelper()
	cmd := exec.Command("kubectl", args...)
	for _, variable := range append(os.Environ(), env.KubectlEnv()...) {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "KUBECONFIG":
		case "PATH":
			cmd.Env = append(cmd.Env, "PATH="+plugins+string(filepath.ListSeparator)+value)
		default:
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "KUBECONFIG="+p.config, "XDG_CACHE_HOME="+p.home, "BROWSER="+p.browser)
	for _, folder := range filepath.SplitList(plugins + string(filepath.ListSeparator) + env.KubectlEnv()[0][len("PATH="):]) {
		if path := filepath.Join(folder, "kubectl"); isProgram(path) {
			cmd.Path, cmd.Err = path, nil
			break
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s, err := gexec.Start(cmd, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // fails if the command and its plugin have ended
		s.Wait()
	})
	return s
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

var address = regexp.MustCompile(`(?m)^https://\S+\n`)

// asked waits until a command tells the person to open an address.
func asked(ctx context.Context, s *gexec.Session) string {
	GinkgoHelper()
	Eventually(ctx, func() string { return address.FindString(string(s.Err.Contents())) }).ShouldNot(BeEmpty())
	return strings.TrimSpace(address.FindString(string(s.Err.Contents())))
}

// logIn does what a command tells the person to do.
func (p *person) logIn(ctx context.Context, s *gexec.Session) string {
	GinkgoHelper()
	page, err := provider.Browser().SignIn(ctx, asked(ctx, s), p.email, password)
	Expect(err).NotTo(HaveOccurred())
	return page.Body
}

// logins are the files that keep the person's logins.
func (p *person) logins() []string {
	GinkgoHelper()
	found, err := filepath.Glob(filepath.Join(p.home, "kubectl-usher", "logins", "*.json"))
	Expect(err).NotTo(HaveOccurred())
	return found
}

// changeLogin changes what is kept of the person's one login.
func (p *person) changeLogin(field, value string) {
	GinkgoHelper()
	Expect(p.logins()).To(HaveLen(1))
	content, err := os.ReadFile(p.logins()[0])
	Expect(err).NotTo(HaveOccurred())
	kept := map[string]any{}
	Expect(json.Unmarshal(content, &kept)).To(Succeed())
	kept[field] = value
	content, err = json.Marshal(kept)
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(p.logins()[0], content, 0o600)).To(Succeed())
}

// kept returns a field of the person's one login.
func (p *person) kept(field string) string {
	GinkgoHelper()
	Expect(p.logins()).To(HaveLen(1))
	content, err := os.ReadFile(p.logins()[0])
	Expect(err).NotTo(HaveOccurred())
	all := map[string]any{}
	Expect(json.Unmarshal(content, &all)).To(Succeed())
	value, _ := all[field].(string)
	return value
}

// mailTo waits for a mail to the person with a subject or a link that contains a text.
func (p *person) mailTo(ctx context.Context, text string) mailbox.Message {
	GinkgoHelper()
	message, err := box.Wait(ctx, func(m mailbox.Message) bool {
		return m.SentTo(p.email) && strings.Contains(m.Subject+strings.Join(m.Links(), " "), text)
	})
	Expect(err).NotTo(HaveOccurred())
	return message
}

// accept accepts the invitation on the portal, and returns the link of the second mail.
func (p *person) accept(ctx context.Context) string {
	GinkgoHelper()
	link := func(path string) string {
		for _, link := range p.mailTo(ctx, path).Links() {
			if strings.Contains(link, path) {
				return link
			}
		}
		return ""
	}
	send := func(link string, form url.Values) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(form.Encode()))
		Expect(err).NotTo(HaveOccurred())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := http.DefaultClient.Do(r)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		Expect(response).To(HaveHTTPStatus(http.StatusOK))
	}
	send(link("/i/"), url.Values{"action": {"accept"}, "displayName": {"Nora Vidal"}, "language": {"en"}})
	confirmation := link("/c/")
	send(confirmation, nil)
	return confirmation
}

// download gets a file of the portal.
func download(ctx context.Context, link string) (string, http.Header) {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, link, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	Expect(response).To(HaveHTTPStatus(http.StatusOK))
	content, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return string(content), response.Header
}

// attachment returns the file in a mail.
func attachment(m mailbox.Message) (name, content string) {
	GinkgoHelper()
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	Expect(err).NotTo(HaveOccurred())
	_, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	Expect(err).NotTo(HaveOccurred())
	parts := multipart.NewReader(parsed.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		Expect(err).NotTo(HaveOccurred(), "the mail has no attachment")
		if part.FileName() == "" {
			continue
		}
		encoded, err := io.ReadAll(part)
		Expect(err).NotTo(HaveOccurred())
		return part.FileName(), decoded(part.Header.Get("Content-Transfer-Encoding"), encoded)
	}
}
