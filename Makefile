# A thin front over CMake and the scripts: `make` lists what there is.
BUILD_DIR ?= build
DEV_DIR = $(BUILD_DIR)-dev
TSAN_DIR = $(BUILD_DIR)-tsan
FUZZ_DIR = $(BUILD_DIR)-fuzz
# Of each fuzzer in `make fuzz`.
FUZZ_SECONDS ?= 600
BENCH_DIR = $(BUILD_DIR)-benchmarks
# Every test program may use all cores itself, so the tests run one after the other.
CTEST = ctest --output-on-failure

.PHONY: help setup configure build quickstart quickstart-video test test-release test-dev test-tsan test-fuzz fuzz bench format clean

help: ## Describe the targets (default)
	@echo "Sequent: train, run and compare post-Transformer architectures"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  BUILD_DIR=path   builds there instead of in build/ (sanitizer builds beside it)"
	@echo "  DATA=path        quickstart trains on this file or directory"

setup: ## Install the missing Debian or Ubuntu packages
	@scripts/setup.sh

configure: setup
	@cmake --preset release -B $(BUILD_DIR)

build: configure ## Build the command, the library and all tests
	@cmake --build $(BUILD_DIR)

quickstart: ## From nothing to six trained architectures and a report about them in a few minutes
	@scripts/setup.sh --without-browser
	@cmake --preset release -B $(BUILD_DIR)
	@cmake --build $(BUILD_DIR) --target sequent_command
	@BUILD_DIR="$(BUILD_DIR)" DATA="$(DATA)" scripts/quickstart.sh

quickstart-video: ## Generated videos, an encoder trained on them without labels, and what it sees, in a few minutes
	@scripts/setup.sh --without-browser
	@cmake --preset release -B $(BUILD_DIR)
	@cmake --build $(BUILD_DIR) --target sequent_command
	@BUILD_DIR="$(BUILD_DIR)" scripts/quickstart_video.sh

test: test-release test-dev test-tsan test-fuzz ## Build and run every test, then the sanitizers over the fast ones
	@echo
	@echo "All tests passed: release, AddressSanitizer with UndefinedBehaviorSanitizer, ThreadSanitizer, fuzzers."

test-release: build
	@echo "== Release: all tests =="
	@cd $(BUILD_DIR) && $(CTEST)

test-dev: setup ## The fast tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@echo "== AddressSanitizer and UndefinedBehaviorSanitizer: fast tests =="
	@cmake --preset dev -B $(DEV_DIR)
	@cmake --build $(DEV_DIR) --target all_tests
	@cd $(DEV_DIR) && $(CTEST) -L fast

test-tsan: setup ## The threaded tests under ThreadSanitizer
	@echo "== ThreadSanitizer: threaded tests =="
	@cmake --preset tsan -B $(TSAN_DIR)
	@cmake --build $(TSAN_DIR) --target all_tests
	@cd $(TSAN_DIR) && $(CTEST) -L fast

test-fuzz: setup ## A few seconds of each fuzzer of a reader of files
	@echo "== libFuzzer: a few seconds of each reader =="
	@cmake --preset fuzz -B $(FUZZ_DIR) -DSEQUENT_FUZZ_SECONDS=3
	@cmake --build $(FUZZ_DIR) --target fuzzers
	@cd $(FUZZ_DIR) && $(CTEST) -L '^fuzz$$'

fuzz: setup ## All fuzzers for FUZZ_SECONDS each (600)
	@cmake --preset fuzz -B $(FUZZ_DIR) -DSEQUENT_FUZZ_SECONDS=$(FUZZ_SECONDS)
	@cmake --build $(FUZZ_DIR) --target fuzzers fuzzers_long
	@cd $(FUZZ_DIR) && $(CTEST) --verbose -L '^fuzz'

bench: setup ## Build and run the benchmarks
	@cmake --preset benchmarks -B $(BENCH_DIR)
	@cmake --build $(BENCH_DIR)
	@for program in $(BENCH_DIR)/bench/*_benchmarks; do echo "== $$program =="; "$$program" || exit 1; done

format: ## Format every C++ file in place with clang-format
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i

clean: ## Remove all build directories
	rm -rf $(BUILD_DIR) $(DEV_DIR) $(TSAN_DIR) $(FUZZ_DIR) $(BENCH_DIR)
