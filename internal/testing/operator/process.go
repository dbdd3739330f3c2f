// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// guard is a shell script that executes the program and kills it when the test process ends: the kernel then closes the
// pipe. A line in the pipe means that the program has ended. Its process ID may be reused by then and is not killed.
const guard = `exec 3<&0 </dev/null
{ read -r _ <&3 || kill -9 $$; } &
exec 3<&- "$0" "$@"`

// logTail is how many bytes of the log an error quotes.
const logTail = 2000

// Process is the operator in a process of its own: the built binary, which can be killed.
type Process struct {
	Operator

	cmd   *exec.Cmd
	guard *os.File
	log   string
	ended chan struct{}
}

// Build builds the operator's binary from this repository into a directory and returns its path. It uses the flags of the
// Makefile, whatever those of the tests, so that the packages are in the build cache. More flags of go build may follow.
func Build(ctx context.Context, dir string, more ...string) (string, error) {
	root, err := testenv.RepoRoot()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "usher")
	arguments := slices.Concat([]string{"build", "-buildvcs=false", "-trimpath", "-o", binary}, more, []string{"./cmd"})
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the operator: %w:\n%s", err, out)
	}
	return binary, nil
}

// Launch starts the binary with a configuration that has a bearer token, and returns at once. Its kubeconfig
// and its log, to which each launch appends, are beside the binary. Options.Now and
// Options.SkipNameValidation have no flags and are ignored. More flags, such as the log's verbosity, may follow.
func Launch(cfg *rest.Config, binary string, options setup.Options, more ...string) (*Process, error) {
	dir := filepath.Dir(binary)
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := writeKubeconfig(cfg, kubeconfig); err != nil {
		return nil, err
	}
	p := &Process{
		Operator: Operator{
			PortalURL: options.PortalURL,
			HealthURL: "http://" + options.HealthAddress, IntakeAddr: options.IntakeAddress,
			done: make(chan error, 1),
		},
		cmd: exec.Command("sh", slices.Concat(
			[]string{"-c", guard, binary, "--kubeconfig=" + kubeconfig}, flags(&options), more)...),
		log:   filepath.Join(dir, "usher.log"),
		ended: make(chan struct{}),
	}
	p.cancel = func() { _ = p.cmd.Process.Signal(syscall.SIGTERM) } // fails only if it has already ended
	return p, p.start()
}

func (p *Process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the operator's log: %w", err)
	}
	defer log.Close() //nolint:errcheck // the program has its own copy
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("create the pipe of the operator's guard: %w", err)
	}
	defer reader.Close() //nolint:errcheck // the guard has its own copy
	p.guard = writer
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = reader, log, log
	// In a process group of its own, Ctrl-C in the terminal does not stop it too early.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start the operator: %w", err), writer.Close())
	}
	go p.wait()
	return nil
}

// wait waits for the end of the process and records it.
func (p *Process) wait() {
	err := p.cmd.Wait()
	if err != nil {
		log, _ := os.ReadFile(p.log) // the process's error is the one that counts
		err = fmt.Errorf("%w; end of its log:\n%s", err, log[max(0, len(log)-logTail):])
	}
	_, _ = p.guard.WriteString("ended\n") // the guard may have been killed with the program
	_ = p.guard.Close()
	p.done <- err
	close(p.ended)
}

// AwaitReady waits until the operator is ready. It fails if the operator ends first or is not ready in time.
func (p *Process) AwaitReady(ctx context.Context) error { return p.awaitReady(ctx) }

// Ended returns a channel that is closed when the process has ended, for whatever reason.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// PID returns the process's ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process as a crash does, without a chance to clean up, and returns when it has ended. It does nothing if
// the process has already ended.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the operator (process %d): %w", p.cmd.Process.Pid, err)
	}
	<-p.ended
	return nil
}

// Log returns everything that this process, and those launched before it with the same binary, have logged.
func (p *Process) Log() (string, error) {
	log, err := os.ReadFile(p.log)
	return string(log), err
}

func writeKubeconfig(cfg *rest.Config, path string) error {
	const name = "usher"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: cfg.Host, CertificateAuthorityData: cfg.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: cfg.BearerToken}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write the operator's kubeconfig: %w", err)
	}
	return nil
}

// flags returns the options as command-line flags.
func flags(o *setup.Options) []string {
	networks := make([]string, 0, len(o.TrustedProxies))
	for _, network := range o.TrustedProxies {
		networks = append(networks, network.String())
	}
	return append(append(setup.BudgetArguments(o), setup.SignInArguments(o)...), []string{
		"--namespace=" + o.Namespace,
		"--questions-namespace=" + o.QuestionsNamespace,
		"--leader-elect=" + strconv.FormatBool(o.LeaderElection),
		"--health-probe-bind-address=" + o.HealthAddress,
		"--metrics-bind-address=" + o.MetricsAddress,
		"--metrics-secure=" + strconv.FormatBool(o.MetricsSecure),
		"--webhook-host=" + o.WebhookHost,
		"--webhook-port=" + strconv.Itoa(o.WebhookPort),
		"--webhook-dns-names=" + strings.Join(o.WebhookDNSNames, ","),
		"--webhook-certificate-secret=" + o.CertificateSecret,
		"--drain-delay=" + o.DrainDelay.String(),
		"--webhook-client-ca-file=" + o.WebhookClientCAFile,
		"--portal-bind-address=" + o.PortalAddress,
		"--portal-url=" + o.PortalURL,
		"--portal-requests-per-second=" + strconv.FormatFloat(o.PortalRequestsPerSecond, 'g', -1, 64),
		"--sign-in-url=" + o.SignInURL,
		"--portal-questions-per-hour=" + strconv.FormatFloat(o.PortalQuestionsPerHour, 'g', -1, 64),
		"--directories=" + strconv.FormatBool(o.Directories),
		"--directory-requests-per-second=" + strconv.FormatFloat(o.DirectoryRequestsPerSecond, 'g', -1, 64),
		"--trusted-proxies=" + strings.Join(networks, ","),
		"--smtp-address=" + o.Mail.Address,
		"--smtp-tls=" + string(o.Mail.TLS),
		"--smtp-username-file=" + o.Mail.UsernameFile,
		"--smtp-password-file=" + o.Mail.PasswordFile,
		"--smtp-connections=" + strconv.Itoa(o.Mail.Connections),
		"--gateway-url=" + o.Gateway.URL,
		"--gateway-key-file=" + o.Gateway.KeyFile,
		"--mail-rate=" + strconv.Itoa(o.MailRate),
		"--mail-templates=" + o.MailTemplates,
		"--mail-from=" + o.Mail.From,
		"--settle-delay=" + o.SettleDelay.String(),
		"--activity-interval=" + o.ActivityInterval.String(),
		"--audit-token-file=" + o.AuditTokenFile,
		"--namespace-labels=" + strings.Join(o.NamespaceLabels, ","),
		"--intake-address=" + o.IntakeAddress,
		"--intake-sender-rate=" + strconv.Itoa(o.IntakeLimits.PerSender),
		"--intake-network-rate=" + strconv.Itoa(o.IntakeLimits.PerNetwork),
		"--intake-workspace-rate=" + strconv.Itoa(o.IntakeLimits.PerWorkspace),
		"--intake-organization-rate=" + strconv.Itoa(o.IntakeLimits.PerOrganization),
		"--intake-unproven-rate=" + strconv.Itoa(o.IntakeLimits.Unproven),
		"--intake-unproven-domain-rate=" + strconv.Itoa(o.IntakeLimits.UnprovenPerDomain),
		"--intake-account-rate=" + strconv.Itoa(o.IntakeLimits.NewAccounts),
		"--queue-domains=" + strings.Join(o.QueueDomains, ","),
		"--identity-group-prefixes=" + strings.Join(o.IdentityPrefixes, ","),
		"--group-administrators=" + strings.Join(o.Appointing, ","),
		"--intake-domains=" + strings.Join(o.IntakeDomains, ","),
		"--provisional-account-age=" + o.Provisional.Age.String(),
		"--provisional-accounts=" + strconv.Itoa(o.Provisional.Unproven),
		"--cluster-name=" + o.Cluster.Name,
		"--cluster-server=" + o.Cluster.Server,
		"--cluster-ca-file=" + o.ClusterCAFile,
		"--cluster-ca-data=" + string(o.Cluster.CAData),
		"--login-issuer-url=" + o.Cluster.Login.IssuerURL,
		"--login-client-id=" + o.Cluster.Login.ClientID,
		"--login-scopes=" + strings.Join(o.Cluster.Login.Scopes, ","),
		"--login-claim=" + o.Cluster.Login.Claim,
		"--login-redirect-port=" + strconv.Itoa(o.Cluster.Login.RedirectPort),
		"--login-ca-data=" + string(o.Cluster.Login.CAData),
		"--platform-users=" + strings.Join(o.PlatformUsers, ","),
		"--platform-groups=" + strings.Join(o.PlatformGroups, ","),
	}...)
}
