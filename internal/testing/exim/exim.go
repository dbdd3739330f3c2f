// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package exim runs a mail server that others wrote, Debian's Exim, with a configuration of its own and without rights, for
// tests: what Usher sends must be right for more than the mail server of its own tests.
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
	// Username is what the server wants to sign in with.
	Username = "usher"
	// Password goes with it.
	Password = "correct-horse-battery"

	// nobody runs the server when the test has all rights.
	nobody       = 65534
	startTimeout = time.Minute
	stopTimeout  = time.Minute
	pollInterval = 20 * time.Millisecond
)

//go:embed exim.conf.tmpl
var configuration string

//go:embed front.conf.tmpl
var frontConfiguration string

// Front says what a server in front of Usher's mail intake does.
type Front struct {
	// Domain is the one whose mails are handed to the intake; all others are kept in the maildir.
	Domain string
	// Intake is the host:port of the intake, by LMTP.
	Intake string
}

// host and port of the intake, for the configuration.
func (f Front) split() (host, port string, err error) { return net.SplitHostPort(f.Intake) }

// guard becomes the server, and kills it when the test's process is gone: the kernel then closes the pipe. A line in the
// pipe says that the server has ended.
const guard = `exec 3<&0 </dev/null
{ read -r _ <&3 || kill -9 $$; } &
exec 3<&- "$0" "$@"`

// Server is a running Exim. It offers STARTTLS, and after that AUTH, PIPELINING and SMTPUTF8; takes mail from who has signed
// in; refuses the recipient "gone" of every domain for good; and keeps all other mail in a maildir.
type Server struct {
	// Addr is the host:port of SMTP.
	Addr string
	// Authority is a PEM file with the authority of its certificate.
	Authority string

	dir   string
	front *Front
	cmd   *exec.Cmd
	guard *os.File
	ended chan struct{}
}

// Start runs a server that keeps everything in dir, which nobody else may be using, and returns when it answers. It fails
// when Exim is not installed.
func Start(dir string) (*Server, error) { return run(&Server{dir: dir, ended: make(chan struct{})}) }

// StartFront runs a server that takes mail from everybody on the loopback interface, hands the mails of one domain to Usher's
// intake and tries again every second while that does not take them. Otherwise it is as Start.
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
	if err := s.await(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// find looks where Debian puts the program, which is not on everybody's path.
func find() (string, error) {
	for _, name := range []string{"exim4", "/usr/sbin/exim4"} {
		if binary, err := exec.LookPath(name); err == nil {
			return binary, nil
		}
	}
	return "", errors.New("exim4 is not installed: run `make mailserver`, or `apt-get install exim4` on Debian")
}

// configure writes the configuration, and gives the directory to whom the server runs as.
func (s *Server) configure() error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	uid, gid := identity()
	values := map[string]any{
		"Dir": s.dir, "Host": host, "Port": port, "UID": uid, "GID": gid, "Username": Username, "Password": Password,
	}
	wanted := configuration
	if s.front != nil {
		wanted = frontConfiguration
		intakeHost, intakePort, err := s.front.split()
		if err != nil {
			return err
		}
		values["Domain"], values["IntakeHost"], values["IntakePort"] = s.front.Domain, intakeHost, intakePort
	}
	var text strings.Builder
	if err = template.Must(template.New("exim.conf").Parse(wanted)).Execute(&text, values); err != nil {
		return err
	}
	if err := os.WriteFile(s.config(), []byte(text.String()), 0o600); err != nil {
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

// complaints is the file of what it says when it cannot start.
func (s *Server) complaints() string { return filepath.Join(s.dir, "complaints") }

// identity is whom the server runs as: never root.
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
		arguments = append(arguments, "-q1s") // look at the queue every second
	}
	s.cmd = exec.Command("sh", arguments...)
	complaints, err := os.Create(s.complaints())
	if err != nil {
		return errors.Join(err, writer.Close())
	}
	defer complaints.Close() //nolint:errcheck // the server has its own copy
	s.cmd.Dir, s.cmd.Stdin, s.cmd.Stderr = "/", reader, complaints
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	if err := s.cmd.Start(); err != nil {
		return errors.Join(err, writer.Close())
	}
	go func() {
		_ = s.cmd.Wait() // told to stop: its status says nothing
		_, _ = s.guard.WriteString("ended\n")
		_ = s.guard.Close()
		close(s.ended)
	}()
	return nil
}

// await waits for the first answer.
func (s *Server) await() error {
	for deadline := time.Now().Add(startTimeout); ; {
		conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-s.ended:
			complaints, _ := os.ReadFile(s.complaints()) // none is said as well as can be
			return fmt.Errorf("exim: it ended at once: %s", complaints)
		case <-time.After(pollInterval):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("exim: it does not answer: %w: %s", err, s.Log())
		}
	}
}

// Stop ends the server, and waits for the processes that it has forked to deliver mails: they write into its directory.
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
	for syscall.Kill(-group, 0) == nil { // there is somebody in it
		select {
		case <-time.After(pollInterval):
		case <-deadline:
			return errors.New("exim: processes of group " + strconv.Itoa(group) + " did not stop")
		}
	}
	return nil
}

// Log gives what the server has written down.
func (s *Server) Log() string {
	log, err := os.ReadFile(filepath.Join(s.dir, "mainlog"))
	if err != nil {
		return "it wrote no log"
	}
	return string(log)
}

// Messages gives the mails of the maildir, in no order that means anything.
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

// Waiting counts the mails that the server has taken and not delivered yet.
func (s *Server) Waiting() (int, error) {
	files, err := filepath.Glob(filepath.Join(s.dir, "spool", "input", "*-H"))
	return len(files), err
}
