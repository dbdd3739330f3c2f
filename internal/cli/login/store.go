// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package login

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockInterval is how often a process looks whether another one has finished its login.
const lockInterval = 50 * time.Millisecond

// Store is a folder with a file for each login, which only its owner can read.
type Store struct {
	// Dir is the folder. It need not exist.
	Dir string
}

// DefaultStore returns the one in the operating system's folder for caches.
func DefaultStore() (Store, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return Store{}, fmt.Errorf("there is no place to keep logins: %w", err)
	}
	return Store{Dir: filepath.Join(dir, "kubectl-usher", "logins")}, nil
}

// entry is what is kept of a login.
type entry struct {
	Issuer       string    `json:"issuer"`
	ClientID     string    `json:"clientID"`
	Scopes       []string  `json:"scopes"`
	User         string    `json:"user"`
	Subject      string    `json:"subject"`
	IDToken      string    `json:"idToken"`
	RefreshToken string    `json:"refreshToken,omitempty"`
	Expiry       time.Time `json:"expiry"`
}

func (e entry) token() Token { return Token{ID: e.IDToken, Expiry: e.Expiry, User: e.User} }

func (s Store) path(c Client) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.IssuerURL, c.ID, strings.ToLower(c.Email)}, "\x00")))
	return filepath.Join(s.Dir, hex.EncodeToString(sum[:16])+".json")
}

// load returns what is kept of a login, or an empty entry. A file that others can read or that says something else is as good as none.
func (s Store) load(c Client) entry {
	path := s.path(c)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return entry{}
	}
	content, err := os.ReadFile(path)
	var e entry
	if err != nil || json.Unmarshal(content, &e) != nil || e.Issuer != c.IssuerURL || e.ClientID != c.ID || !c.asks(e.Scopes) {
		return entry{}
	}
	return e
}

// save replaces the file as a whole, so that nobody reads half of it.
func (s Store) save(c Client, e entry) error {
	content, err := json.Marshal(e) //nolint:gosec // G117: the file is where the token is kept
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(s.Dir, "new-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), s.path(c))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func (s Store) remove(c Client) error {
	if err := os.Remove(s.path(c)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// lock waits until no other process changes a login. The kernel unlocks it when a process ends, however it ends. The file of the lock
// stays for as long as a login is kept: whoever ends without one deletes it, which is why whoever gets the lock sees whether the file is
// still the one that others lock.
func (s Store) lock(ctx context.Context, c Client, waits func()) (func(), error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot keep the login: %w", err)
	}
	for {
		lock := flock.New(s.path(c)+".lock", flock.SetPermissions(0o600))
		got, err := lock.TryLock()
		if err == nil && !got {
			waits()
			waits = func() {} // once is enough
			_, err = lock.TryLockContext(ctx, lockInterval)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot lock the login: %w", err)
		}
		if isCurrent(lock) {
			return func() { s.unlock(c, lock) }, nil
		}
		_ = lock.Unlock()
	}
}

// isCurrent reports whether a locked file has not been deleted.
func isCurrent(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, now)
}

// unlock unlocks a login. Without one, nothing is left of it. Windows deletes no file that is open; there, it stays.
func (s Store) unlock(c Client, lock *flock.Flock) {
	if _, err := os.Lstat(s.path(c)); errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(lock.Path())
	}
	_ = lock.Unlock()
}
