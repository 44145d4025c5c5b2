#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftest.sh PLACE [TEST...]: run the selftests in a guest of that kind
#
#   uml     User-Mode Linux 6.1: native speed, one processor
#   time    the same in virtual time: what takes hours
#   vm      Debian's kernel in QEMU
#   debug   a kernel with KASAN, lockdep, kmemleak... in QEMU
#   kcsan   a kernel with KCSAN, which finds data races, in QEMU
#
# Without TEST, those that selftests/run.sh has for the place.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || usage "$0"
PLACE=$1
shift
console=$XTCP_TOP/build/log/selftest-$PLACE.console
cd "$XTCP_TOP"
limit=2400
[ "$PLACE" != debug ] || limit=3600
[ -z "${XTCP_TEST_FULL-}" ] || limit=10800
"$XTCP_TOP/scripts/deps.sh" build test
case $PLACE in
uml)	run=("$XTCP_TOP/scripts/uml.sh" --timeout "$limit") kernel=uml ;;
time)	run=("$XTCP_TOP/scripts/uml.sh" --time-travel --timeout 1200) kernel=uml ;;
vm)	run=("$XTCP_TOP/scripts/vm.sh" --timeout "$limit") kernel=stock ;;
debug)	run=("$XTCP_TOP/scripts/vm.sh" --kernel debug --mem 4G --timeout "$limit") kernel=debug ;;
kcsan)	run=("$XTCP_TOP/scripts/vm.sh" --kernel kcsan --timeout 1200) kernel=kcsan ;;
*)	usage "$0" ;;
esac
"$XTCP_TOP/scripts/build.sh" "$kernel" >/dev/null
"$XTCP_TOP/scripts/bridge.sh"
"$XTCP_TOP/scripts/programs.sh"
"${run[@]}" --console "$console" -- selftests/run.sh "$@"
