#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftest.sh PLACE [TEST...]: run selftests in a guest of that kind
#
#   time    User-Mode Linux 6.1 in virtual time: one guest for each test; the same seed,
#           XTCP_SEED (1), gives the same run
#   uml     the same in real time: native speed, one processor
#   smp     User-Mode Linux of sid: native speed, two processors, KASAN, lockdep...
#   leaks   the same with one processor and kmemleak, which finds memory that is never freed
#   vm      Debian's kernel in QEMU
#   debug   a kernel with KASAN, lockdep, kmemleak... in QEMU
#   kcsan   a kernel with KCSAN, which finds data races, in QEMU
#
# TEST as in selftests/homes; by default, all tests that have their home in the place.
# $XTCP_BUILT: module and programs are built already.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# prepare KERNEL: build the module for it, and the programs that the tests use
prepare()
{
	[ -z "${XTCP_BUILT-}" ] || return 0
	scripts/deps.sh build test
	scripts/build.sh "$1" >/dev/null
	scripts/bridge.sh
	scripts/programs.sh
}

# guest NAME TEST...: run the tests in a guest whose console is build/log/selftest-NAME.console
guest()
{
	local name=$1

	shift
	"${MACHINE[@]}" --console "build/log/selftest-$name.console" -- selftests/run.sh "$@"
}

[ $# -gt 0 ] || usage "$0"
PLACE=$1
shift
cd "$XTCP_TOP"
WHEN=ci LIMIT=3600
[ -z "${XTCP_TEST_FULL-}" ] || WHEN=full LIMIT=10800
[ $# -gt 0 ] || mapfile -t tests < <(scripts/homes.py list "$PLACE" "$WHEN")
[ $# -eq 0 ] || tests=("$@")
case $PLACE in
time)	kernel=uml MACHINE=(scripts/uml.sh --time-travel) ;;
uml)	kernel=uml MACHINE=(scripts/uml.sh) ;;
smp)	kernel=smp MACHINE=(scripts/uml.sh --smp 2 --mem 3G) ;;
leaks)	kernel=smp MACHINE=(scripts/uml.sh --smp 1 --leaks --mem 3G) ;;
vm)	kernel=stock MACHINE=(scripts/vm.sh) ;;
debug)	kernel=debug MACHINE=(scripts/vm.sh --kernel debug --mem 4G) ;;
kcsan)	kernel=kcsan MACHINE=(scripts/vm.sh --kernel kcsan) ;;
*)	usage "$0" ;;
esac
[ "$PLACE" != time ] || LIMIT=1800
MACHINE+=(--timeout "$LIMIT")
prepare "$kernel"
name=${XTCP_GUEST:-$PLACE}
# The guest gets our variables, so none may differ from caller to caller
unset XTCP_BUILT XTCP_GUEST
if [ "$PLACE" != time ]; then
	guest "$name" "${tests[@]}"
	exit
fi
export TERM=dumb
status=0
for test in "${tests[@]}"; do
	guest "time-${test//[^a-z0-9@_-]/.}" "$test" || status=$?
done
exit "$status"
