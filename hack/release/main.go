// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command release builds what a version of Usher consists of, from the checkout alone: no container runtime, and nothing is pulled.
//
//	go -C hack/release run . image    build the container image and its SBOM into dist/
//	go -C hack/release run . push     send the image in dist/ to a registry
//	go -C hack/release run . release  build everything of a version into dist/VERSION
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

const usage = `usage: release image|push|release [--dir CHECKOUT] [--dist DIRECTORY] [--name IMAGE] [--platforms LIST] [--machines LIST]
               [--overwrite]

  image   build dist/usher-image.tar, an OCI archive, dist/usher-image, the same as an OCI layout, and an SBOM per platform
  push    send the image in dist/usher-image to the registry and repository that --name names
  release build everything of the version that is checked out into dist/VERSION: image, programs, manifests, chart, SBOMs, checksums,
          and signatures if $COSIGN_KEY names a key (with $COSIGN_PASSWORD). --overwrite replaces what was built before and differs

--name is the image's name, by default usher with the version as the tag. --platforms is a list such as linux/amd64,linux/arm64
(the default), --machines one of what the archives of programs are for, by default linux, darwin and windows. --dist is the directory
of the files, in place of dist in the checkout. The version is that of git describe, or $VERSION.
`

// request is what the command line asks for.
type request struct {
	root, name string
	// files is the directory of what is built; empty: dist in the checkout.
	files string
	// platforms are those of the image, machines those of the programs' archives.
	platforms, machines []string
	// tools is the folder with the modules of the pinned tools.
	tools string
	// overwrite allows to replace a version that was built before.
	overwrite bool
	out       io.Writer
}

// dist returns the path of a file among what is built.
func (r request) dist(name string) string {
	return filepath.Join(cmp.Or(r.files, filepath.Join(r.root, "dist")), name)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("no command\n%s", usage)
	}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", "../..", "the checkout of Usher")
	dist := flags.String("dist", "", "the directory of what is built")
	name := flags.String("name", "", "the image's name")
	platforms := flags.String("platforms", "linux/amd64,linux/arm64", "the image's platforms")
	machines := flags.String("machines", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64",
		"the platforms of people's machines")
	overwrite := flags.Bool("overwrite", false, "replace what was built before")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return fmt.Errorf("cannot understand %q\n%s", args, usage)
	}
	root, err := filepath.Abs(*dir)
	if err != nil {
		return err
	}
	r := request{
		root: root, files: *dist, name: *name, platforms: strings.Split(*platforms, ","), machines: strings.Split(*machines, ","),
		tools: filepath.Join(root, "hack", "tools"), overwrite: *overwrite, out: out,
	}
	switch args[0] {
	case "image":
		return buildImage(ctx, r)
	case "push":
		if r.name == "" {
			return errors.New("push to where? Name the image, for example `make push IMG=registry.acme.example/usher:v1.2.3`")
		}
		return push(ctx, r)
	case "release":
		return release(ctx, r)
	default:
		return fmt.Errorf("there is no command %q\n%s", args[0], usage)
	}
}
