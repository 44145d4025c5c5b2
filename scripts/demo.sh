#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: see xtcp work, in one command
#
# Installs missing packages, compiles the module for Debian's own kernel, boots that kernel in
# a VM and runs tools/demo/demo.sh there. Leaves nothing behind but build/ and the kernel in
# the cache; fails if a step does not show what it claims.

set -eu -o pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$XTCP_TOP"
scripts/deps.sh build vm test
say "compiling the module for the VM's kernel"
mkdir -p build/log
# hide kbuild's output: only our own lines matter here
if ! scripts/build.sh stock 2>&1 >/dev/null | tee build/log/demo.build |
	{ grep --line-buffered '^xtcp: ' >&2 || true; }; then
	cat build/log/demo.build >&2
	die "the module does not compile"
fi
say "booting the VM"
[ ! -t 1 ] || export XTCP_COLOR=1
export XTCP_OUT="$XTCP_TOP/build/out"
scripts/vm.sh --timeout 600 --console "$XTCP_TOP/build/log/demo.console" -- tools/demo/demo.sh
