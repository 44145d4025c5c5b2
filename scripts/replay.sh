#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# replay.sh: does a run in virtual time come again to the byte, as each failure's "again:"
# promises? One test over a link that loses segments is run twice with a seed: what it prints
# and what the kernel says must be the same; and with another seed, where it must not be.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

TEST='transfer:lossy__many*'

# run SEED NAME: what is said goes to build/replay/NAME
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
