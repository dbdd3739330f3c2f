// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// ParseAddress parses the address to listen on: host:port, or unix:/path.
func ParseAddress(address string) (network, where string, err error) {
	if path, is := strings.CutPrefix(address, "unix:"); is {
		if !strings.HasPrefix(path, "/") {
			return "", "", fmt.Errorf("intake address %q must contain an absolute path, for example unix:/run/usher/lmtp", address)
		}
		return "unix", path, nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", "", fmt.Errorf("intake address %q must be host:port or unix:/path, for example 127.0.0.1:2424", address)
	}
	return "tcp", address, nil
}

// clearSocket removes the socket that a killed operator has left. It does not remove a socket on which somebody listens.
func (s *Server) clearSocket(ctx context.Context) error {
	if s.network != "unix" {
		return nil
	}
	info, err := os.Lstat(s.address)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("intake cannot listen: %w", err)
	case info.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("intake cannot listen: %s exists and is not a socket: remove it, or set another --intake-address", s.address)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, s.network, s.address)
	if err == nil {
		_ = conn.Close() // nothing was sent
		return fmt.Errorf("intake cannot listen: another process listens on %s: set another --intake-address", s.address)
	}
	return os.Remove(s.address)
}
