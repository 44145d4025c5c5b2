# SPDX-License-Identifier: GPL-2.0
#
# For developers; kbuild reads Kbuild. "make help" lists the targets.

.DEFAULT_GOAL := help
.PHONY: help deps module check coverage fuzz kunit style purity compile selftest selftest-time \
	selftest-uml selftest-smp selftest-leaks selftest-vm selftest-debug selftest-kcsan quick test test-full \
	test-the-tests conformance conformance-mutate demo vm bench bench-engines bridge clean

# Names of tests for the selftest targets: make selftest-vm TEST="transfer close"
TEST ?=
# The seed of all random numbers in virtual time: make selftest-time TEST=close SEED=7
ifdef SEED
export XTCP_SEED := $(SEED)
endif
# Stages or units for test: make test STAGE="style selftest-time/close"
STAGE ?=
# Suites or cases for check: make check SUITE=seq.*
SUITE ?=
# Rows for conformance-mutate: make conformance-mutate ROW="MUST-13 SHLD-3"
ROW ?=

help: ## this list
	@echo "Usage: make TARGET"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		expand -t 20

demo: ## xtcp in a VM: transfer a file, show its states and segments (start here)
	@scripts/demo.sh

vm: ## a shell in that VM, with the module loaded
	@scripts/play.sh

test: ## all tests; ends with "N passed, N failed" [STAGE=...]
	@scripts/test.py $(STAGE)

quick: ## the tests closest to your changes: two minutes
	@scripts/test.py --quick

test-full: ## all tests everywhere: Debian's kernel, the debug kernel, KCSAN; takes hours
	@XTCP_TEST_FULL=1 scripts/test.py --full

check: ## the core's suites as an ordinary program, in seconds [SUITE=...]
	@scripts/check.sh $(SUITE)

coverage: ## lines and branches of the core that no suite runs; fails if there are any
	@scripts/coverage.sh

fuzz: ## fuzz the core with sanitizers, for hours (make test does it for seconds)
	@scripts/fuzz.sh

style: ## checkpatch, kernel-doc, sparse, warnings of gcc and clang, shellcheck
	@scripts/style.sh

purity: ## check that the core calls nothing in the kernel
	@scripts/purity.sh

compile: ## compile the module for Debian's 6.1, 6.12 and 7.2 kernels
	@scripts/compile.sh

kunit: ## the KUnit suites in a User-Mode Linux kernel
	@scripts/kunit.sh

selftest: ## the selftests, each in its home (selftests/homes)
	@scripts/test.py selftest-time selftest-smp selftest-leaks selftest-vm

selftest-time: ## ... in virtual time [TEST=...] [SEED=...]
	@scripts/selftest.sh time $(TEST)

selftest-uml: ## ... in User-Mode Linux, in real time [TEST=...]
	@scripts/selftest.sh uml $(TEST)

selftest-smp: ## ... in User-Mode Linux with two processors, KASAN and lockdep [TEST=...]
	@scripts/selftest.sh smp $(TEST)

selftest-leaks: ## ... and with kmemleak, which finds memory never freed [TEST=...]
	@scripts/selftest.sh leaks $(TEST)

selftest-vm: ## ... in a VM with Debian's kernel [TEST=...]
	@scripts/selftest.sh vm $(TEST)

selftest-debug: ## ... in a VM with KASAN, lockdep and kmemleak [TEST=...]
	@scripts/selftest.sh debug $(TEST)

selftest-kcsan: ## ... in a VM with KCSAN, which finds data races [TEST=...]
	@scripts/selftest.sh kcsan $(TEST)

test-the-tests: ## plant one bug of each kind, and check that each is caught
	@scripts/test-the-tests.sh

conformance: ## RFC 9293's requirements: which were shown by the last make test?
	@scripts/conformance.py check

conformance-mutate: ## break the code that meets them, and check that the tests fail [ROW=...]
	@scripts/conformance.py mutate $(ROW)

bench: ## instructions per request, connection and KiB, compared with the kernel's TCP
	@scripts/bench.sh

bench-engines: ## cost of table, timers and entries without a socket, compared with the kernel's
	@scripts/bench-engines.sh

module: ## compile xtcp.ko for Debian's kernel in build/stock
	@scripts/deps.sh build
	@scripts/build.sh stock

bridge: ## compile the bridge between xtcp and the TCP of other hosts: tools/bridge
	@scripts/bridge.sh

deps: ## install all packages that any target needs
	@scripts/deps.sh all

clean: ## remove build/ (kernels stay in the cache)
	rm -rf build
