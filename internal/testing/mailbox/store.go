// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mailbox

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const maxNameLength = 80

var (
	fileName   = regexp.MustCompile(`^(\d{6,})-.*\.eml$`)
	unfileable = regexp.MustCompile(`[^A-Za-z0-9@._+-]+`)
)

// store is the directory of mails.
type store struct {
	dir string

	mu      sync.Mutex
	last    int
	changed chan struct{}
	parsed  map[string]Message
}

func newStore(dir string) *store {
	return &store{dir: dir, changed: make(chan struct{}), parsed: map[string]Message{}}
}

func (s *store) open() error {
	if s.dir == "" {
		return errors.New("mailbox: no directory: set Options.Dir")
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("mailbox: cannot create the directory of mails: %w", err)
	}
	files, err := list(s.dir)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(files) > 0 {
		s.last = files[len(files)-1].number
	}
	return nil
}

// add stores a mail under the next number and wakes everybody who waits. Mails are added one at a time: a reader that sees
// a number sees all lower ones.
func (s *store) add(recipients []string, mail []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := s.last + 1
	if err := writeWhole(s.dir, mailName(number, recipients), mail); err != nil {
		return fmt.Errorf("mailbox: cannot keep mail %d: %w", number, err)
	}
	s.last = number
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// count returns the number of the newest mail.
func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// arrival returns a channel that is closed when the next mail arrives.
func (s *store) arrival() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// messages returns all mails in order of arrival. No mail is added meanwhile: a directory that grows while it is read may show a newer file
// and not an older one.
func (s *store) messages() ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := list(s.dir)
	if err != nil {
		return nil, err
	}
	messages := make([]Message, 0, len(files))
	for _, file := range files {
		message, known := s.parsed[file.name]
		if !known {
			if message, err = readMessage(s.dir, file); err != nil {
				return nil, err
			}
			s.parsed[file.name] = message
		}
		messages = append(messages, message)
	}
	return messages, nil
}

// ReadDir returns the mails in the directory of a mailbox, possibly of another process, in order of arrival.
func ReadDir(dir string) ([]Message, error) {
	return newStore(dir).messages()
}

type mailFile struct {
	number int
	name   string
}

// list returns the mails of dir in order of arrival; it ignores other files.
func list(dir string) ([]mailFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("mailbox: cannot list the mails: %w", err)
	}
	var files []mailFile
	for _, entry := range entries {
		if match := fileName.FindStringSubmatch(entry.Name()); match != nil {
			number, err := strconv.Atoi(match[1])
			if err == nil {
				files = append(files, mailFile{number: number, name: entry.Name()})
			}
		}
	}
	slices.SortFunc(files, func(a, b mailFile) int { return cmp.Compare(a.number, b.number) })
	return files, nil
}

func readMessage(dir string, file mailFile) (Message, error) {
	raw, err := os.ReadFile(filepath.Join(dir, file.name))
	if err != nil {
		return Message{}, fmt.Errorf("mailbox: cannot read mail %d: %w", file.number, err)
	}
	message := Parse(raw)
	message.Number, message.File = file.number, filepath.Join(dir, file.name)
	return message, nil
}

func mailName(number int, recipients []string) string {
	name := strings.Join(recipients, "+")
	name = unfileable.ReplaceAllString(name, "_")
	return fmt.Sprintf("%06d-%s.eml", number, name[:min(len(name), maxNameLength)])
}

func writeWhole(dir, name string, content []byte) error {
	temporary, err := os.CreateTemp(dir, ".arriving-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(temporary.Name()))
	}
	return err
}
