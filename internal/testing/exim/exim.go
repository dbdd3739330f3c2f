// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package exim runs Debian's Exim, with its own configuration and without privileges, for tests: what Usher sends must work
// with a third-party mail server, and not only with the one in package mailbox.
package exim

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"

	"github.com/usher-operator/usher/internal/testing/certificate"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/ports"
)

const (
	// Username is the user name that the server accepts.
	Username = "usher"
	// Password is the password of that user.
	Password = "correct-horse-battery"

	// nobody is the user that runs the server if the test runs as root.
	nobody       = 65534
	startTimeout = time.Minute
	stopTimeout  = time.Minute
	pollInterval = 20 * time.Millisecond
)

//go:embed exim.conf.tmpl
var configuration string

//go:embed front.conf.tmpl
var frontConfiguration string

// Front configures a server in front of Usher's mail intake.
type Front struct {
	// Domain is the domain whose mails go to the intake; all others are kept in the maildir.
	Domain string
	// Intake is the host:port of the intake (LMTP).
	Intake string
}

// split returns the host and the port of the intake.
func (f Front) split() (host, port string, err error) { return net.SplitHostPort(f.Intake) }

// guard is a shell script that executes the server and kills it when the test process ends: the kernel then closes the
// pipe. A line in the pipe means that the server has ended.
const guard = `exec 3<&0 </dev/null
{ read -r _ <&3 || kill -9 $$; } &
exec 3<&- "$0" "$@"`

// Server is a running Exim. It offers STARTTLS, and then AUTH, PIPELINING and SMTPUTF8. It accepts mail from authenticated
// clients, permanently refuses the recipient "gone" of every domain, and keeps all other mail in a maildir.
type Server struct {
	// Addr is the host:port of SMTP.
	Addr string
	// Authority is a PEM file with the CA of its certificate.
	Authority string

	dir   string
	front *Front
	cmd   *exec.Cmd
	guard *os.File
	ended chan struct{}
}

// Start runs a server that keeps everything in dir, which must not be used by others, and returns when it answers. It
// fails if Exim is not installed.
func Start(dir string) (*Server, error) { return run(&Server{dir: dir, ended: make(chan struct{})}) }

// StartFront runs a server that accepts mail from every client on the loopback interface and delivers the mails of one
// domain to Usher's intake. It retries every second while the intake does not accept them. Otherwise it is like Start.
func StartFront(dir string, front Front) (*Server, error) {
	return run(&Server{dir: dir, front: &front, ended: make(chan struct{})})
}

func run(s *Server) (*Server, error) {
	binary, err := find()
	if err != nil {
		return nil, err
	}
	if s.Addr, err = ports.Address(); err != nil {
		return nil, err
	}
	shown, err := certificate.Loopback(s.dir)
	if err != nil {
		return nil, fmt.Errorf("exim: %w", err)
	}
	s.Authority = shown.File
	if err := s.configure(); err != nil {
		return nil, fmt.Errorf("exim: %w", err)
	}
	if err := s.start(binary); err != nil {
		return nil, fmt.Errorf("exim: %w", err)
	}
	if err := s.awaitReady(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// find also looks where Debian installs the program, which is not in every user's PATH.
func find() (string, error) {
	for _, name := range []string{"exim4", "/usr/sbin/exim4"} {
		if binary, err := exec.LookPath(name); err == nil {
			return binary, nil
		}
	}
	return "", errors.New("exim4 is not installed: run `make mailserver`, or `apt-get install exim4` on Debian")
}

// configure writes the configuration and makes the server's user the owner of the directory.
func (s *Server) configure() error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	uid, gid := identity()
	values := map[string]any{
		"Dir": s.dir, "Host": host, "Port": port, "UID": uid, "GID": gid, "Username": Username, "Password": Password,
	}
	text := configuration
	if s.front != nil {
		text = frontConfiguration
		intakeHost, intakePort, err := s.front.split()
		if err != nil {
			return err
		}
		values["Domain"], values["IntakeHost"], values["IntakePort"] = s.front.Domain, intakeHost, intakePort
	}
	var rendered strings.Builder
	if err = template.Must(template.New("exim.conf").Parse(text)).Execute(&rendered, values); err != nil {
		return err
	}
	if err := os.WriteFile(s.config(), []byte(rendered.String()), 0o600); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(s.dir, "spool"), 0o700); err != nil {
		return err
	}
	return filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, uid, gid))
	})
}

func (s *Server) config() string { return filepath.Join(s.dir, "exim.conf") }

// stderr is the file of its standard error, which says why it cannot start.
func (s *Server) stderr() string { return filepath.Join(s.dir, "stderr") }

// identity returns the user that runs the server: never root.
func identity() (uid, gid int) {
	if os.Getuid() == 0 {
		return nobody, nobody
	}
	return os.Getuid(), os.Getgid()
}

func (s *Server) start(binary string) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close() //nolint:errcheck // the guard has its own copy
	s.guard = writer
	arguments := []string{"-c", guard, binary, "-C", s.config(), "-bdf"}
	if s.front != nil {
		arguments = append(arguments, "-q1s") // run the queue every second
	}
	s.cmd = exec.Command("sh", arguments...)
	stderr, err := os.Create(s.stderr())
	if err != nil {
		return errors.Join(err, writer.Close())
	}
	defer stderr.Close() //nolint:errcheck // the server has its own copy
	s.cmd.Dir, s.cmd.Stdin, s.cmd.Stderr = "/", reader, stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if err := s.cmd.Start(); err != nil {
		return errors.Join(err, writer.Close())
	}
	go func() {
		_ = s.cmd.Wait() // it was stopped, so its exit status means nothing
		_, _ = s.guard.WriteString("ended\n")
		_ = s.guard.Close()
		close(s.ended)
	}()
	return nil
}

// awaitReady waits until the server accepts connections.
func (s *Server) awaitReady() error {
	for deadline := time.Now().Add(startTimeout); ; {
		conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-s.ended:
			stderr, _ := os.ReadFile(s.stderr()) // may be empty
			return fmt.Errorf("exim: it ended at once: %s", stderr)
		case <-time.After(pollInterval):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("exim: it does not answer: %w: %s", err, s.Log())
		}
	}
}

// Stop stops the server, and waits for the processes that it forked to deliver mails, because they write to its directory.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	group := s.cmd.Process.Pid
	deadline := time.After(stopTimeout)
	select {
	case <-s.ended:
	case <-deadline:
		return errors.Join(errors.New("exim: process "+strconv.Itoa(group)+" did not stop"), s.cmd.Process.Kill())
	}
	for syscall.Kill(-group, 0) == nil { // the group still has processes
		select {
		case <-time.After(pollInterval):
		case <-deadline:
			return errors.New("exim: processes of group " + strconv.Itoa(group) + " did not stop")
		}
	}
	return nil
}

// Log returns the server's log.
func (s *Server) Log() string {
	log, err := os.ReadFile(filepath.Join(s.dir, "mainlog"))
	if err != nil {
		return "it wrote no log"
	}
	return string(log)
}

// Messages returns the mails of the maildir in any order.
func (s *Server) Messages() ([]mailbox.Message, error) {
	files, err := filepath.Glob(filepath.Join(s.dir, "maildir", "new", "*"))
	if err != nil {
		return nil, err
	}
	messages := make([]mailbox.Message, 0, len(files))
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		messages = append(messages, mailbox.Parse(raw))
	}
	return messages, nil
}

// Waiting returns the number of mails that the server has accepted and not yet delivered.
func (s *Server) Waiting() (int, error) {
	files, err := filepath.Glob(filepath.Join(s.dir, "spool", "input", "*-H"))
	return len(files), err
}
