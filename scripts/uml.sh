#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# uml.sh [OPTIONS] -- COMMAND ARGS...: run a command in User-Mode Linux
#
#   --time-travel    virtual time: waiting costs nothing, and a run can be
#                    repeated; XTCP_SEED is the seed of all randomness (1)
#   --smp N          N processors, in real time, with a debug kernel
#   --leaks          and kmemleak, which makes it slower
#   --mem M          memory (1G)
#   --timeout S      seconds, of real time, until it is stopped (300)
#   --console FILE   file for the kernel's messages (build/log/)
#
# A kernel with KUnit that runs as a process, at native speed. Otherwise the same as vm.sh.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/guest.sh
. "$XTCP_TOP/scripts/guest.sh"

MEM=1G TIMEOUT=300 CONSOLE='' TRAVEL='' KERNEL=uml SMP='' LEAKS=''

while [ $# -gt 0 ]; do
	case $1 in
	--time-travel)	TRAVEL=1; shift ;;
	--smp)		KERNEL=smp SMP=$2; shift 2 ;;
	--leaks)	LEAKS=1; shift ;;
	--)		shift; break ;;
	*)		guest_option "$1" "${2-}" || usage "$0"; shift 2 ;;
	esac
done
[ $# -gt 0 ] || usage "$0"
export XTCP_PLACE="${XTCP_PLACE-$KERNEL}" XTCP_KO="${XTCP_KO-$XTCP_TOP/build/$KERNEL/xtcp.ko}"

# seeded_random: the library that makes the kernel's getrandom(2) repeatable
seeded_random()
{
	local library

	library=$XTCP_CACHE/seedrandom-$(hash_of "$XTCP_TOP/scripts/seedrandom.c").so
	if [ ! -e "$library" ]; then
		gcc -O2 -Wall -Werror -shared -fPIC -o "$RUN/seedrandom.so" \
			"$XTCP_TOP/scripts/seedrandom.c"
		mv "$RUN/seedrandom.so" "$library"
	fi
	echo "$library"
}

"$XTCP_TOP/scripts/deps.sh" uml
K=$("$XTCP_TOP/scripts/kernel.sh" "$KERNEL")
guest_begin "$KERNEL${TRAVEL:+-time-travel}"
guest_command "$@"
guest_initramfs "$K" ROOT_TYPE=hostfs "KERNEL=$K" "CTL=$RUN/ctl" \
	"OUT=$(printf %q "$XTCP_OUT")" CHANNEL=/dev/tty1

# The kernel mixes its command line into its randomness, so it must not contain this run's name
cd "$RUN"
machine=("$K/image" "mem=$MEM" initrd=initramfs uml_dir=. umid=uml
	'con0=null,fd:2' 'con1=null,fd:1' loglevel=7
	panic=-1 oops=panic dummy.numdummies=0 ifb.numifbs=0)
if [ -n "$TRAVEL" ]; then
	machine+=(time-travel=inf-cpu time-travel-start=1700000000000000000)
	machine=(env "LD_PRELOAD=$(seeded_random)" "XTCP_SEED=${XTCP_SEED:-1}"
		setarch -R "${machine[@]}")
fi
[ -z "$SMP" ] || machine+=("ncpus=$SMP" seccomp=on)
[ -z "$LEAKS" ] || machine+=(kmemleak=on)
guest_start "${machine[@]}" </dev/null >>"$RUN/output" 2>>"$CONSOLE"
guest_wait
