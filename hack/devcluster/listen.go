// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// listensOn reports whether the process itself listens on the TCP port. A response on the port proves nothing: it may come
// from another process that took the port first.
func (p process) listensOn(port int) bool {
	sockets := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6"} {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.PID, table))
		if err == nil {
			listeners(string(content), port, sockets)
		}
	}
	descriptors := fmt.Sprintf("/proc/%d/fd", p.PID)
	entries, err := os.ReadDir(descriptors)
	if err != nil {
		return false
	}
	for _, entry := range entries {
		target, err := os.Readlink(descriptors + "/" + entry.Name())
		if err == nil && sockets[target] {
			return true
		}
	}
	return false
}

// listeners adds the sockets of a /proc/net/tcp table that listen on the port.
func listeners(table string, port int, sockets map[string]bool) {
	const localField, stateField, inodeField, listening = 1, 3, 9, "0A"
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) <= inodeField || fields[stateField] != listening {
			continue
		}
		_, hex, _ := strings.Cut(fields[localField], ":")
		if local, err := strconv.ParseUint(hex, 16, 16); err == nil && int(local) == port {
			sockets["socket:["+fields[inodeField]+"]"] = true
		}
	}
}
