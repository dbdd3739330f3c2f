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

// state is what the cluster wrote down about itself, in .dev/state.json.
type state struct {
	// Dir is the .dev directory that this is about.
	Dir string `json:"dir"`
	// Cluster changes with the data: whatever remembers an older cluster has to start anew.
	Cluster string `json:"cluster"`
	// Ports by name, all of 127.0.0.1.
	Ports map[string]int `json:"ports"`
	// Processes by daemon.
	Processes map[string]process `json:"processes"`
}

func newState() *state {
	return &state{Ports: map[string]int{}, Processes: map[string]process{}}
}

// loadState reads the state; a missing file is an empty state. One that cannot be understood is an empty state as well,
// with the reason in the warning: the processes are found again by their mark.
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
		return newState(), fmt.Sprintf("%s cannot be understood (%v): starting with an empty one", path, err), nil
	}
	if loaded.Ports == nil {
		loaded.Ports = map[string]int{}
	}
	if loaded.Processes == nil {
		loaded.Processes = map[string]process{}
	}
	return loaded, "", nil
}

// openState reads the state of this checkout. One that came along with a copy of another checkout, which is still there,
// is dropped with all its files: what it names belongs to the other.
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

// forgetDead drops the processes that do not run any more, or whose id belongs to another process by now.
func (s *state) forgetDead() (forgotten []string) {
	for name, process := range s.Processes {
		if !process.alive() {
			delete(s.Processes, name)
			forgotten = append(forgotten, name)
		}
	}
	return forgotten
}
