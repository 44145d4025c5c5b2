# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the benchmarks inside a VM share.

# unload: rmmod, when it may. A socket holds the module until a grace period after its program
# has ended, as sockets of any protocol do
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
