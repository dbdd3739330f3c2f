#!/usr/bin/env bash
# Copyright The Usher Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Checks what continuous integration insists on, and says how to mend it. Run it by `make verify`, which sets
# MAKE, KUSTOMIZE (a command) and MODULES (folders with a go.mod). Every check runs, even after a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
failures=()

# check NAME ADVICE COMMAND... runs the command and prints its output only when it fails.
check() {
  local name="$1" advice="$2" start=$SECONDS
  shift 2
  if "$@" >"$scratch/output" 2>&1; then
    printf 'ok    %s (%d s)\n' "$name" "$((SECONDS - start))"
    return
  fi
  sed 's/^/      /' "$scratch/output"
  printf 'FAIL  %s (%d s): %s\n' "$name" "$((SECONDS - start))" "$advice"
  failures+=("$name")
}

# fingerprint lists every file that git tracks or would track, with its hash: uncommitted work is no failure.
fingerprint() {
  git ls-files --cached --others --exclude-standard -z | sort -zu |
    while IFS= read -r -d '' file; do [[ ! -f $file ]] || sha256sum "$file"; done
}

generated() {
  fingerprint >"$scratch/before"
  "$MAKE" --no-print-directory generate manifests docs || return 1
  fingerprint >"$scratch/after"
  diff "$scratch/before" "$scratch/after" | awk '/^[<>]/ {print $3}' | sort -u >"$scratch/changed"
  [[ ! -s $scratch/changed ]] || { echo "these files were out of date and are regenerated:"; cat "$scratch/changed"; return 1; }
}

formatted() {
  git ls-files --cached --others --exclude-standard -z -- '*.go' | xargs -0 -r ls -d 2>/dev/null | xargs -r gofmt -l >"$scratch/gofmt"
  [[ ! -s $scratch/gofmt ]] || { cat "$scratch/gofmt"; return 1; }
}

renders() {
  $KUSTOMIZE build "$1" >"$scratch/rendered.yaml"
}

# The development overlay has no Service, so no webhook may still point to one.
renders_dev() {
  renders config/dev || return 1
  ! grep -nE '^ +service:|^kind: (Deployment|Service|PodDisruptionBudget|NetworkPolicy)$' "$scratch/rendered.yaml"
}

# Every component, in an overlay of its own as an installation has it.
renders_components() {
  local component
  for component in config/components/*; do
    # A kustomization names folders relative to itself.
    printf 'resources: [%s]\ncomponents: [%s]\n' "$(realpath --relative-to="$scratch" config/default)" \
      "$(realpath --relative-to="$scratch" "$component")" >"$scratch/kustomization.yaml"
    $KUSTOMIZE build "$scratch" --load-restrictor LoadRestrictionsNone >"$scratch/rendered.yaml" || return 1
  done
}

check "generated files" 'run `make generate manifests docs` and commit' generated
check "gofmt" 'run `make fmt` and commit' formatted
for module in $MODULES; do
  check "go.mod of $module" "run \`go -C $module mod tidy\` and commit" go -C "$module" mod tidy -diff
done
check "go vet, main module" "mend what it reports" go vet ./...
check "go vet, hack/devcluster" "mend what it reports" go -C hack/devcluster vet ./...
check "go vet, hack/release" "mend what it reports" go -C hack/release vet ./...
check "lint" "mend what it reports; \`make lint\` repeats it" "$MAKE" --no-print-directory lint
check "config/chart" "mend the template, or the file of values in config/chart/ci" "$MAKE" --no-print-directory chart
check "config/default" "mend the kustomization" renders config/default
check "config/components" "mend the component that the error names" renders_components
check "config/dev" "mend the kustomization" renders_dev

if ((${#failures[@]})); then
  printf 'verify: %d of the checks failed\n' "${#failures[@]}" >&2
  exit 1
fi
