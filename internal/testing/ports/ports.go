// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ports allocates TCP ports for servers that must be told where to listen before they start.
//
// A port that is found with ":0" and then released can be taken by the time the server listens: the kernel assigns it to an
// outgoing connection, or to the next test that looks for one. Ports of this package lie outside the range from which the
// kernel assigns ports, and belong to the process that asked for them until it ends.
package ports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

const (
	// first and last are the bounds of the range. It ends where the range of `make up` begins.
	first = 10000
	last  = 19999
	// kernelRange is the file in which Linux says which ports it assigns to outgoing connections.
	kernelRange = "/proc/sys/net/ipv4/ip_local_port_range"
)

// held keeps the locks of this process's ports open. The system releases them when the process ends, however it ends.
var held = struct {
	sync.Mutex

	locks map[int]*os.File
}{locks: map[int]*os.File{}}

// Free returns a port of a host, which is a name or an address of this machine. Nothing listens on the port, and no other
// process gets it from this package. Free fails if all ports are taken, or if the host is not this machine.
func Free(host string) (int, error) {
	low, high := bounds(kernelRange)
	held.Lock()
	defer held.Unlock()
	offset := rand.IntN(high - low + 1) //nolint:gosec // no secret
	var reason error
	for i := range high - low + 1 {
		port := low + (offset+i)%(high-low+1)
		if held.locks[port] != nil {
			continue
		}
		err := take(host, port)
		if err == nil {
			return port, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EWOULDBLOCK) {
			return 0, fmt.Errorf("look for a free port of %s: %w", host, err)
		}
		reason = err
	}
	return 0, fmt.Errorf("no port of %s from %d to %d is free: %w", host, low, high, reason)
}

// Address returns a free port of 127.0.0.1, as "127.0.0.1:port".
func Address() (string, error) {
	port, err := Free("127.0.0.1")
	if err != nil {
		return "", err
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}

// take locks a port and checks that it is possible to listen on it.
func take(host string, port int) error {
	lock, err := lock(port)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	if err := listener.Close(); err != nil {
		return errors.Join(err, lock.Close())
	}
	held.locks[port] = lock
	return nil
}

// lock opens and locks the file of a port. The files are empty and belong to this user.
func lock(port int) (*os.File, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("usher-ports-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// bounds returns the range without the kernel's ports, or the ports above those if they start too low and leave enough.
func bounds(path string) (low, high int) {
	const enough, highest = 1000, 65535
	data, err := os.ReadFile(path)
	if err != nil {
		return first, last // other systems begin at 49152
	}
	var begin, end int
	if _, err := fmt.Sscan(string(data), &begin, &end); err != nil || begin > last {
		return first, last
	}
	switch {
	case begin-first >= enough:
		return first, begin - 1
	case highest-end >= enough:
		return end + 1, highest
	default:
		return first, last
	}
}
