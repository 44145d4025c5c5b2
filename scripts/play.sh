#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# play.sh: a shell in the VM, with the module loaded and two hosts to play with

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$XTCP_TOP"
[ -t 0 ] || die "this is for a terminal; for a single command there is scripts/vm.sh"
scripts/deps.sh build vm test
scripts/build.sh stock >/dev/null
say "booting the VM"
scripts/vm.sh --interactive --timeout 86400 --console "$XTCP_TOP/build/log/play.console" \
	-- tools/demo/play.sh
