// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// state is the content of .dev/state.json.
type state struct {
	// Dir is the .dev directory that the state belongs to.
	Dir string `json:"dir"`
	// Cluster identifies the data. A daemon that was started for other data has to be restarted.
	Cluster string `json:"cluster"`
	// Ports by name, all on 127.0.0.1.
	Ports map[string]int `json:"ports"`
	// Nodes is how many nodes the cluster has, Network what it takes of the machine's network for them.
	Nodes   int      `json:"nodes,omitempty"`
	Network *network `json:"network,omitempty"`
	// Processes by daemon.
	Processes map[string]process `json:"processes"`
}

func newState() *state {
	return &state{Ports: map[string]int{}, Processes: map[string]process{}}
}

// loadState reads the state. It is empty when there is no file, and when the file cannot be parsed: the warning says why,
// and the processes are found again by their marks.
func loadState(path string) (loaded *state, warning string, err error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newState(), "", nil
	}
	if err != nil {
		return nil, "", err
	}
	loaded = newState()
	if err := json.Unmarshal(content, loaded); err != nil {
		return newState(), fmt.Sprintf("%s cannot be parsed (%v): starting with an empty one", path, err), nil
	}
	if loaded.Ports == nil {
		loaded.Ports = map[string]int{}
	}
	if loaded.Processes == nil {
		loaded.Processes = map[string]process{}
	}
	return loaded, "", nil
}

// openState reads the state of this checkout. When the checkout is a copy of another one that still exists, the state and
// its files are deleted: the processes and ports in it belong to the other one.
func openState(p paths, out *console) (*state, error) {
	s, warning, err := loadState(p.state())
	if err != nil {
		return nil, err
	}
	if warning != "" {
		out.say("%s", warning)
	}
	if s.Dir != "" && s.Dir != p.dev("") {
		if _, err := os.Stat(s.Dir); err == nil {
			out.say("%s is a copy of %s: starting with an empty one", p.dev(""), s.Dir)
			if err := forget(p); err != nil {
				return nil, err
			}
			s = newState()
		}
	}
	s.Dir = p.dev("")
	return s, nil
}

func (s *state) save(path string) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(content, '\n'))
}

// forgetDead removes the processes that are not running, including those whose id another process has now.
func (s *state) forgetDead() (forgotten []string) {
	for name, process := range s.Processes {
		if !process.alive() {
			delete(s.Processes, name)
			forgotten = append(forgotten, name)
		}
	}
	return forgotten
}
