# `make help` lists the targets. Each one does its own set-up on a fresh Debian 12 machine.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
JOBS ?= $(shell nproc)
# On a terminal a build shows how far it is.
QUIET = $$([ -t 1 ] || echo --quiet)
TEST_TOOLS := kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy cluster-app crane trivy trivy-fixture-db grype grype-fixture-db olareg notation cosign oidc-issuer ct-log fulcio rekor-server timestamp-server helm

.PHONY: help demo build image image-push deb test soak test-asan test-tsan bench cluster cluster-down lint generate fuzz clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build ## build, then show a Pod refused because of a scan report (about 8 minutes cold, half a minute warm)
	@setup/install demo
	@demo/run

build: ## build the programs into build/bin/ (about 8 minutes cold)
	@setup/install build
	@echo "building hullwright-webhook, hullwright-operator and hullctl into build/bin (about 8 minutes cold on two cores)"
	@cmake --preset release >build.log 2>&1 || { cat build.log; exit 1; }; rm -f build.log
	@ninja -C build -j $(JOBS) $(QUIET) hullwright-webhook hullwright-operator hullctl

# KEY: the signer's key, a file or the URI of a key service (cosign's words); without it one is made in build/images, to try things out.
image: build ## make images of the programs in build/images, signed with KEY, without a container engine (5 minutes more cold, for cosign)
	@setup/install image sign
	@tools/image/build build build/images
	@COSIGN="$${COSIGN:-$$(tests/tools/build cosign)/cosign}" tools/image/sign build/images "$(KEY)"

image-push: ## push them, with signatures, SBOMs and provenance: make image-push TO=registry.example/hullwright
	@setup/install image sign
	@CRANE="$${CRANE:-$$(tests/tools/build crane)/crane}" tools/image/push build/images "$(TO)"

deb: build ## make the Debian package of hullctl in build/packages
	@setup/install image
	@tools/image/debian-package build build/packages

test: ## build and run every test against the real parts (about 75 minutes with cold caches, 13 warm)
	@setup/install build image test cluster
	@echo "building the real API server and node, Trivy, Grype, cosign, notation, a private Sigstore and registries from their Go modules, once per user (about 32 minutes cold)"
	@tests/tools/build $(TEST_TOOLS) >/dev/null
	@echo "building the programs and their tests (about 22 minutes cold)"
	@cmake --preset release >/dev/null
	@ninja -C build -j $(JOBS) $(QUIET)
	@tests/run build

soak: ## the worst days of an installed gate at full length, on a real node (about 15 minutes, after make test)
	@HULLWRIGHT_SOAK=1 tests/cluster/gate_test.py build

test-asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer (build-asan/)
	@$(MAKE) --no-print-directory sanitized PRESET=asan

# The pure layers start no thread, nor does hullctl: their suites could find nothing here.
THREADED := base-test http-test registry-test registry-contract-test kube-test store-test evidence-test webhook-test \
            operator-test operator-program-test webhook-integration-test differential-test apiserver-test attack-test
test-tsan: ## the tests of all that starts threads, under ThreadSanitizer (build-tsan/)
	@$(MAKE) --no-print-directory sanitized PRESET=tsan SUITES="$(THREADED)"

.PHONY: sanitized
sanitized:
	@setup/install build test
	@tests/tools/build $(TEST_TOOLS) >/dev/null
	@cmake --preset $(PRESET) >/dev/null
	@ninja -C build-$(PRESET) -j $(JOBS) $(QUIET) $(SUITES)
	@tests/run build-$(PRESET) $(SUITES)

bench: ## measure against floors in the same run: a table and build/bench.json (about 15 minutes)
	@setup/install build test bench
	@tests/tools/build kube-apiserver kubectl crane olareg cosign >/dev/null
	@cmake --preset release >/dev/null
	@ninja -C build -j $(JOBS) $(QUIET)
	@tests/bench/run build

KWOK_NODES ?= 0
cluster: ## run a whole Kubernetes node with a registry until Ctrl-C (root; 15 seconds once its parts are built; KWOK_NODES=N for more nodes)
	@setup/install test cluster
	@PYTHONPATH=tests python3 -B -m cluster up --kwok-nodes $(KWOK_NODES)

cluster-down: ## take away what a crashed cluster has left, and end a running one (root)
	@PYTHONPATH=tests python3 -B -m cluster down

lint: ## clang-format, clang-tidy-19 and shell checks (about 6 minutes cold, seconds when nothing changed)
	@setup/install build lint
	@cmake --preset release -B build-lint >/dev/null
	@tests/lint/run build-lint

generate: ## write crds/, the chart's copy, docs/reference/ and the man page from the field tables and the command tree
	@setup/install build
	@cmake --preset release >/dev/null
	@ninja -C build -j $(JOBS) $(QUIET) hullwright-generate hullctl
	@build/bin/hullwright-generate crds docs/reference
	@rm -f charts/hullwright/files/crds/*.yaml && cp crds/*.yaml charts/hullwright/files/crds/
	@build/bin/hullctl man >docs/man/hullctl.1
	@build/bin/hullctl man --format markdown >docs/reference/hullctl.md

fuzz: ## run each fuzz target for FUZZ_SECONDS (default 60) from the kept seeds
	@setup/install build fuzz
	@cmake --preset fuzz >/dev/null
	@ninja -C build-fuzz -j $(JOBS) $(QUIET) fuzzers
	@tests/fuzz/run build-fuzz $${FUZZ_SECONDS:-60}

clean: ## remove what was built in this folder (the test tools in the user's cache stay)
	@rm -rf build build-asan build-tsan build-fuzz build-lint
