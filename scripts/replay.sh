#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# replay.sh: does a run in virtual time repeat to the byte, as each failure's "again:"
# promises? Runs a test over a lossy link twice with one seed: its output and the kernel's
# messages must be the same. Then with another seed: they must differ.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

TEST='transfer:lossy__many*'

# run SEED NAME: one run; its output goes to build/replay/NAME
run()
{
	XTCP_SEED=$1 scripts/selftest.sh time "$TEST" >"build/replay/$2" 2>&1 || return 1
	cat "build/log/selftest-time-${TEST//[^a-z0-9@_-]/.}.console" >>"build/replay/$2"
}

cd "$XTCP_TOP"
mkdir -p build/replay
ktap_plan 2
if run 1 first && run 1 second && cmp build/replay/first build/replay/second >&2; then
	ktap_ok "the same seed, the same run"
else
	ktap_not_ok "the same seed, the same run" "$(diff build/replay/first build/replay/second)"
fi
if run 2 other && ! cmp -s build/replay/first build/replay/other; then
	ktap_ok "another seed, another run"
else
	ktap_not_ok "another seed, another run" "seed 2 prints what seed 1 printed"
fi
ktap_end
