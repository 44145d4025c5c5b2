# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the benchmarks share inside a VM.

# unload: rmmod, once it is possible. A socket pins the module until a grace period after its
# program has ended, as a socket of any protocol does
unload()
{
	local end=$((SECONDS + 60)) said

	until said=$(rmmod xtcp 2>&1); do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "$said" >&2
			return 1
		fi
		sleep 0.1
	done
}
