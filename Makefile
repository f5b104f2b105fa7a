# The commands of this project. `make` alone lists them.

# The version of everything here; `make version SET=1.2.3` writes it to the other files that name it, too.
VERSION = 0.1.0

# Libraries and generators from Debian; Ubuntu 24.04 has them under the same names.
PACKAGES = libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libyaml-dev libssl-dev zlib1g-dev \
  libc-ares-dev
TEST_PACKAGES = python3-venv openssl buildah shellcheck openssh-client groff-base openjdk-17-jre-headless clang-format
BROWSER_PACKAGES = $(TEST_PACKAGES) chromium

GENERATED = Sources/CProviderTransport/generated

# Lists the C and C++ files that we write ourselves.
C_SOURCES = find Sources Tests -name '*.[ch]' -o -name '*.cpp' | grep -v '^$(GENERATED)/'

RELEASE_FLAGS = -c release --static-swift-stdlib

# gRPC and what it needs, as archives: one self-contained program is smaller than the libraries.
LIBRARIES = $(shell $(CC) -print-file-name=libgrpc++_unsecure.a | xargs dirname | xargs realpath)
ARCHIVES = $(foreach name,grpc++_unsecure grpc_unsecure gpr upb address_sorting cares re2 protobuf-lite z,$(LIBRARIES)/lib$(name).a) \
  $(wildcard $(LIBRARIES)/libabsl_*.a) $(PREFERRED_ARCHIVES)

# Libraries that the compiler asks for by name. In a directory that has nothing but their archives, it takes those.
PREFERRED_ARCHIVES = $(LIBRARIES)/libyaml.a \
  $(shell $(CC) -print-file-name=libstdc++.a | xargs realpath)
EMULATOR_ARCHIVES = $(LIBRARIES)/libcrypto.a $(LIBRARIES)/libz.a
ARCHIVE_DIRECTORY = $(CURDIR)/.build/archives

# The demo's programs are built quickly and apart from other builds: for debugging, but without debug information and
# without an index, which takes a quarter less CPU time, and each module as a whole, which takes another sixth less.
# BoringSSL's C++ takes a tenth less if templates that are not used are not parsed. One build of all programs takes less
# than two builds of one.
DEMO_FLAGS = --scratch-path .build/demo --disable-index-store -debug-info-format none \
  -Xswiftc -whole-module-optimization -Xswiftc -num-threads -Xswiftc 2 -Xswiftc -use-ld=lld \
  -Xcxx -fdelayed-template-parsing

# How long each fuzz target runs.
FUZZ_SECONDS ?= 300

# Where the benchmark leaves its results, and what else to tell it.
BENCH_RESULTS ?= .build/bench
BENCH_FLAGS ?=

# The names of the images that `make image` and `make emulator-image` build.
IMAGE ?= akv-csi:dev
EMULATOR_IMAGE ?= akv-emulator:dev

.DEFAULT_GOAL := help
.PHONY: help packages test-packages build release akv-csi-archives akv-emulator-archives image emulator-image demo \
  bench quick test browser-test chaos fuzz sanitize format lint proto reference manifest manuals version clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

packages: ## Install the Debian packages that are missing
	@deploy/install-packages.sh $(PACKAGES)

test-packages: packages
	@deploy/install-packages.sh $(TEST_PACKAGES)

build: packages ## Build for debugging
	swift build

release: packages ## Build the programs as they ship, in .build/release
	@echo "swift build $(RELEASE_FLAGS), with gRPC linked statically"
	@mkdir -p $(ARCHIVE_DIRECTORY) && ln -sf $(PREFERRED_ARCHIVES) $(EMULATOR_ARCHIVES) $(ARCHIVE_DIRECTORY)
	@AKV_ARCHIVE_DIRECTORY="$(ARCHIVE_DIRECTORY)" AKV_STATIC_LIBRARIES="$(strip $(ARCHIVES))" \
	  env $$(deploy/release/build-info.sh) swift build $(RELEASE_FLAGS)

# What `make release` links statically into each program, for the images' bills of materials.
akv-csi-archives:
	@printf '%s\n' $(ARCHIVES)
akv-emulator-archives:
	@printf '%s\n' $(EMULATOR_ARCHIVES) $(filter %libstdc++.a,$(PREFERRED_ARCHIVES))

image: release ## Build the container image from this machine's packages, as IMAGE
	@deploy/install-packages.sh buildah
	deploy/image/build.sh .build/release/akv-csi $(IMAGE)

emulator-image: release ## Build the emulator's container image likewise, as EMULATOR_IMAGE
	@deploy/install-packages.sh buildah
	deploy/image/build.sh .build/release/akv-emulator $(EMULATOR_IMAGE)

demo: packages ## Mount the payments example through the real provider; VERBOSE=1 shows reports and the log
	@[ -d .build/demo/debug ] || echo "The first build of the programs takes about four minutes on two cores."
	@swift build $(DEMO_FLAGS)
	@AKV_PROGRAMS=.build/demo/debug deploy/examples/payments/demo.sh $(if $(VERBOSE),--verbose)

bench: release ## Measure the programs as they ship; results go to BENCH_RESULTS
	@deploy/install-packages.sh python3-venv
	@Tests/python-environment.sh Tests/Python/requirements-bench.txt
	@mkdir -p "$(BENCH_RESULTS)"
	.build/release/akv-bench --json "$(BENCH_RESULTS)/results.json" --markdown "$(BENCH_RESULTS)/results.md" $(BENCH_FLAGS)
	@.build/python/bin/python Tests/Python/benchmark_plots.py "$(BENCH_RESULTS)/results.json" "$(BENCH_RESULTS)"

test: test-packages ## Check everything: format, generated code, build, tests, release
	@Tests/run.sh

quick: test-packages ## Check the format and run the unit tests, in about two minutes after a build
	@Tests/run.sh quick

browser-test: packages ## Try the emulator's page in headless Chromium, which is installed if it is missing
	@deploy/install-packages.sh $(BROWSER_PACKAGES)
	@Tests/browser.sh

chaos: test-packages ## Mount for SECONDS (600) while everything goes wrong; SEED repeats a run
	@AKV_CHAOS_SECONDS=$(or $(SECONDS),600) AKV_CHAOS_SEED=$(or $(SEED),0) Tests/chaos.sh

fuzz: test-packages ## Fuzz everything that reads foreign bytes, FUZZ_SECONDS each
	@Tests/fuzz.sh $(FUZZ_SECONDS)

sanitize: test-packages ## Run the tests with the address sanitizer, then with the thread sanitizer
	@Tests/sanitize.sh

format: ## Format the Swift, C and C++ sources
	@deploy/install-packages.sh clang-format
	swift format --in-place --recursive Package.swift Sources Tests
	$(C_SOURCES) | xargs clang-format -i

lint: ## Check the format of the Swift, C and C++ sources
	@deploy/install-packages.sh clang-format
	swift format lint --strict --recursive Package.swift Sources Tests
	$(C_SOURCES) | xargs clang-format --dry-run --Werror

proto: packages ## Generate the C++ code for the driver's protocol again
	protoc --proto_path=proto/v1alpha1 --cpp_out=$(GENERATED) --grpc_out=$(GENERATED) \
	  --plugin=protoc-gen-grpc="$$(command -v grpc_cpp_plugin)" service.proto

reference: ## Write the documentation's reference tables again
	@python3 Tests/Deploy/reference.py

manifest: ## Render the chart's defaults into deploy/provider.yaml
	@Tests/python-environment.sh && Tests/deploy-tools.sh && .build/python/bin/python Tests/Deploy/manifest.py

manuals: ## Write man pages and shell completions into .build/share, from the programs in .build/release
	@deploy/release/manuals.py .build/release .build/share

version: ## Print the version; SET=1.2.3 changes it everywhere
	@python3 Tests/Deploy/version.py $(SET)

clean: ## Remove what was built
	rm -rf .build
