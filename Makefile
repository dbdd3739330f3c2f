# Usher: every task of the project. `make` alone lists them. Nothing needs to be installed but Go, git and make:
# tools are pinned in hack/tools, the control plane in hack/devcluster, and both are built on first use.

SHELL := /usr/bin/env bash -o pipefail
.SHELLFLAGS := -ec
.DEFAULT_GOAL := help

# The same build flags for every command of Go's, so that all share the packages in the build cache. hack/devcluster and
# internal/testing/operator have the same ones, for those who call them without make; hack/devcluster/gobuild.go says why.
export GOFLAGS := $(strip -trimpath $(GOFLAGS))
export CGO_ENABLED := 0

# The race detector; `make test RACE=` turns it off.
RACE ?= -race
# The version of Kubernetes to run and test on: a minor version, oldest or newest; empty: the newest.
KUBERNETES ?=
# How many nodes the development cluster has; empty: as many as it had before, none in a new one. Nodes need root.
NODES ?=
# Arguments of go test in place of everything, e.g. `make test ARGS='-run TestAuthz ./internal/authz'`.
ARGS ?=

# The end-to-end specs mostly wait: `make test` runs them in two processes, each with a control plane of its own.
GO_TEST    := $(if $(RACE),CGO_ENABLED=1 )go test $(RACE) -timeout 20m
# Ginkgo's own program needs no cgo, what it builds with the race detector does.
GINKGO     := $(if $(RACE),CGO_ENABLED=1 )"$$(go tool -n ginkgo)" $(RACE) --procs=2 --timeout=40m
TOOL       := go tool -modfile=hack/tools/go.mod
HELM       := go tool -modfile=hack/tools/helm/go.mod helm
DEVCLUSTER := go -C hack/devcluster run .
ON_VERSION  = --dir $(CURDIR) $(if $(KUBERNETES),--kubernetes=$(KUBERNETES))
LINT       := $(CURDIR)/bin/golangci-lint
# Every Go module of the repository.
MODULES := . hack/devcluster hack/devcluster/addons hack/devcluster/containerd hack/devcluster/dex hack/devcluster/oldest hack/release hack/tools \
           hack/tools/golangci-lint hack/tools/helm

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Development cluster

.PHONY: up
up: ## Start the development cluster and the operator, NODES=2: with nodes and in pods; safe to run again.
	@$(DEVCLUSTER) up $(ON_VERSION) $(if $(NODES),--nodes=$(NODES))

.PHONY: down
down: ## Stop the development cluster.
	@$(DEVCLUSTER) down --dir $(CURDIR)

.PHONY: demo
demo: up ## Start the cluster, play the story of the README and print it.
	@go run ./hack/demo

##@ Tests

# Builds the control plane and has the tests find it.
ASSETS = assets="$$($(DEVCLUSTER) bin $(ON_VERSION))"; echo "control plane: $$assets"; export KUBEBUILDER_ASSETS="$$assets"

.PHONY: test
test: export ARGS := $(ARGS)
test: browser mailserver jq login scim terminal ## Run all tests on a real control plane.
	@$(ASSETS); \
	if [[ -n "$$ARGS" ]]; then $(GO_TEST) $(ARGS); exit; fi; \
	failed=0; \
	$(GO_TEST) $$(go list ./... | grep -vE "/test/(e2e|pods)$$") || failed=1; \
	$(GINKGO) ./test/e2e || failed=1; \
	go -C hack/devcluster test ./... || failed=1; \
	go -C hack/release test ./... || failed=1; \
	exit $$failed

# Pages begin on their own, so two processes play them, each with a control plane of its own.
.PHONY: docs-test
docs-test: jq ## Type every command of README.md and docs; PAGE= names one page, ARGS=-update rewrites what they show.
	@$(ASSETS); \
	$(GINKGO) $(if $(PAGE),--procs=1 --focus='$(PAGE).* print what the page shows') ./test/docs $(if $(ARGS),-- $(ARGS))

# What depends on the version of Kubernetes is seen through the API. Before a release both suites have to pass; continuous
# integration runs the first.
.PHONY: test-oldest
test-oldest: export ARGS := $(ARGS)
test-oldest: override KUBERNETES := oldest
test-oldest: mailserver ## Run test/api and test/e2e on the oldest supported version of Kubernetes.
	@$(ASSETS); \
	if [[ -n "$$ARGS" ]]; then $(GO_TEST) $(ARGS); exit; fi; \
	failed=0; \
	$(GO_TEST) ./test/api || failed=1; \
	$(GINKGO) ./test/e2e || failed=1; \
	exit $$failed

# USHER_PODS=skip leaves it out, where a machine cannot run nodes.
.PHONY: test-pods
PODS ?= !long
test-pods: ## Run the short tests in test/pods, on a cluster with two nodes of its own, PODS=: all of them; needs root.
	@if [[ "$(USHER_PODS)" == skip ]]; then echo "test/pods: left out, as USHER_PODS=skip says"; exit; fi; \
	go test -timeout 60m -v ./test/pods -ginkgo.label-filter='$(PODS)' $(ARGS)

# Debian's packages of the programs that the browser tests run; a machine that has them needs no root.
.PHONY: browser
browser: test/browser/node_modules/axe-core/package.json ## Install what the browser tests need: Chromium and axe-core.
	@hack/tools/debian.sh chromium

test/browser/node_modules/axe-core/package.json: test/browser/package.json test/browser/package-lock.json
	@hack/tools/debian.sh npm
	@cd test/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: scim
scim: test/scim/node_modules/scim-patch/package.json ## Install what the tests of SCIM compare with: Node.js, scim-patch and scim2-parse-filter.

test/scim/node_modules/scim-patch/package.json: test/scim/package.json test/scim/package-lock.json
	@hack/tools/debian.sh npm
	@cd test/scim && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: login
login: test/login/node_modules/oidc-provider/package.json ## Install what the tests of signing in need beside Dex: Node.js and oidc-provider.

test/login/node_modules/oidc-provider/package.json: test/login/package.json test/login/package-lock.json
	@hack/tools/debian.sh npm
	@cd test/login && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: mailserver
mailserver: ## Install what the mail tests need: Debian's mail server Exim.
	@PATH="$$PATH:/usr/sbin" hack/tools/debian.sh exim4

.PHONY: jq
jq: ## Install what the commands of the documentation need: jq.
	@hack/tools/debian.sh jq

.PHONY: terminal
terminal: ## Install what the tests of the kubectl plugin need: the terminal tmux.
	@hack/tools/debian.sh tmux

# About an hour on two cores with nothing else to do. ARGS='-bench Plugin ./test/bench' runs go test with these arguments instead.
.PHONY: bench
bench: ## Run the benchmarks, print their table and write it to docs/performance.md; ONLY= names some, ARGS= are those of go test.
	@$(ASSETS); \
	$(if $(ARGS),go test -run '^$$' -bench . -benchmem -timeout 60m $(ARGS),go run ./hack/bench $(if $(ONLY),-only '$(ONLY)'))

.PHONY: bench-quick
bench-quick: ## Run the quick benchmarks, with fewer people, in less than five minutes.
	@$(ASSETS); \
	go run ./hack/bench -quick $(if $(ONLY),-only '$(ONLY)')

# The figures of docs/sizing.md. PEOPLE=1000,10000,50000 takes about an hour; LIMIT= (MiB, as root) shows what happens when it is too little.
.PHONY: sizing
sizing:
	@$(ASSETS); \
	USHER_SIZING=$(PEOPLE) USHER_SIZING_LIMIT=$(LIMIT) \
	go test -run '^$$' -bench 'Sizing$(if $(LIMIT),Limit,$$)' -benchtime 1x -timeout 3h ./test/bench

# A history that breaks a rule can be judged again: go run ./hack/judge .dev/artifacts/chaos/history.jsonl.gz
.PHONY: chaos
DURATION ?= 1h
SEED     ?=
chaos: ## Have everything fail at once for DURATION=1h while people work, and judge every revision; SEED= repeats a run.
	@$(ASSETS); \
	mkdir -p .dev/artifacts/chaos; \
	USHER_CHAOS=$(DURATION) USHER_CHAOS_SEED=$(SEED) USHER_CHAOS_ARTIFACTS=$(CURDIR)/.dev/artifacts/chaos \
	go test -timeout 12h ./test/chaos -ginkgo.timeout=12h -ginkgo.focus='An upheaval' -ginkgo.v >.dev/artifacts/chaos/log.txt 2>&1 || \
	  { tail -n 40 .dev/artifacts/chaos/log.txt; failed=1; }; \
	cat .dev/artifacts/chaos/report.txt; \
	exit $${failed:-0}

# make test runs every input that is kept; this looks for new ones. On two idle cores, the default takes some hours.
EXECUTIONS ?= 100000000
.PHONY: fuzz
fuzz: ## Fuzz every parser and door, EXECUTIONS= in all; ONLY= names some, such as scim.FuzzPatch, ARGS= are those of hack/fuzz.
	@go run ./hack/fuzz -executions $(EXECUTIONS) $(if $(ONLY),-only '$(ONLY)') $(ARGS)

.PHONY: requirements
requirements: ## List the requirements that no test names.
	@go run ./hack/requirements

##@ Release

# The image's name, and the platforms that it is built for.
IMG       ?=
PLATFORMS ?= linux/amd64,linux/arm64
RELEASE    = go -C hack/release run . $@ --dir $(CURDIR) $(if $(IMG),--name=$(IMG))

.PHONY: image
image: ## Build the image, dist/usher-image.tar, without a container runtime; IMG= names it, PLATFORMS= says for what.
	@$(RELEASE) --platforms=$(PLATFORMS)

.PHONY: push
push: ## Push the image in dist, and its signature if there is one, to the registry that IMG= names.
	@$(RELEASE)

# The key's password is COSIGN_PASSWORD in the environment.
.PHONY: release
release: override COSIGN_KEY := $(abspath $(COSIGN_KEY))
release: export COSIGN_KEY := $(COSIGN_KEY)
release: ## Build everything of a version into dist/VERSION, signed with COSIGN_KEY=; OVERWRITE=1 replaces what differs.
	@$(RELEASE) --platforms=$(PLATFORMS) $(if $(MACHINES),--machines=$(MACHINES)) $(if $(OVERWRITE),--overwrite)

##@ Code

.PHONY: build
build: ## Build the operator to bin/usher.
	go build -o bin/usher ./cmd

# The plugin is a program of its own: the operator's does not contain it.
.PHONY: plugin
plugin: ## Build the kubectl plugin to bin/kubectl-usher, with its completion.
	go build -ldflags '-s -w' -o bin/kubectl-usher ./cmd/kubectl-usher
	install -m 0755 cmd/kubectl-usher/kubectl_complete-usher bin/

.PHONY: generate
generate: ## Generate code: deep copies, //go:generate lines.
	$(TOOL) controller-gen object:headerFile=hack/tools/boilerplate.go.txt paths=./api/v1alpha1
	go generate ./...

.PHONY: manifests
manifests: ## Generate CRDs, the operator's role, webhook configurations, the chart's files and install.yaml.
	$(TOOL) controller-gen crd paths=./api/v1alpha1 output:crd:artifacts:config=config/crd/bases
	go -C hack/tools run ./explaintext $(CURDIR)/config/crd/bases/*.yaml
	$(TOOL) controller-gen rbac:roleName=usher-controller-manager webhook paths='./internal/...;./cmd/...' \
	  output:rbac:artifacts:config=config/rbac output:webhook:artifacts:config=config/webhook
	go -C hack/tools run ./webhookurls -in $(CURDIR)/config/webhook/manifests.yaml -out $(CURDIR)/config/dev/webhooks.yaml
	@KUSTOMIZE="$(TOOL) kustomize" HELM="$(HELM)" hack/tools/chart.sh

.PHONY: chart
chart: ## Lint the chart and render it with each file of values in config/chart/ci.
	@for values in config/chart/ci/*.yaml; do \
	  $(HELM) lint --strict config/chart --namespace usher-system --values "$$values"; \
	  $(HELM) template usher config/chart --namespace usher-system --values "$$values" >/dev/null; \
	done

.PHONY: docs
docs: ## Generate the API reference, docs/api.md, docs/messages.md and docs/chart.md.
	$(TOOL) crd-ref-docs --log-level=ERROR --config=hack/tools/api-reference.yaml --renderer=markdown \
	  --source-path=api/v1alpha1 --output-path=docs/api.md
	@sed -i -e 's/[[:space:]]*$$//' docs/api.md
	go run ./hack/messagesdoc
	go -C hack/tools run ./chartdoc -chart $(CURDIR)/config/chart -out $(CURDIR)/docs/chart.md

.PHONY: fmt
fmt: $(LINT) ## Format the Go code.
	$(LINT) fmt ./...

.PHONY: lint
lint: $(LINT) ## Lint the main module, the development cluster and the release.
	$(LINT) run ./...
	cd hack/devcluster && $(LINT) run --config $(CURDIR)/.golangci.yaml ./...
	cd hack/devcluster/addons && $(LINT) run --config $(CURDIR)/.golangci.yaml ./...
	cd hack/release && $(LINT) run --config $(CURDIR)/.golangci.yaml ./...

.PHONY: verify
verify: $(LINT) ## Check generated files, lint, formatting, modules and kustomizations.
	@MAKE="$(MAKE)" KUSTOMIZE="$(TOOL) kustomize" MODULES="$(MODULES)" hack/tools/verify.sh

.PHONY: clean
clean: down ## Stop the cluster and remove what was built here; caches outside the checkout stay.
	rm -rf .dev bin test/browser/node_modules

# golangci-lint with the Kubernetes API linter inside. The first build takes one to two minutes.
$(LINT): hack/tools/golangci-lint/go.mod hack/tools/golangci-lint/go.sum hack/tools/golangci-lint/main.go
	@echo "building golangci-lint (once, 1 to 2 minutes)"
	@version="$$(go -C hack/tools/golangci-lint list -m -f '{{.Version}}' github.com/golangci/golangci-lint/v2)"; \
	go -C hack/tools/golangci-lint build -ldflags "-s -w -X main.version=$${version#v}" -o $(LINT) .
	@touch $(LINT)
