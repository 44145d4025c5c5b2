#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh: functions that all scripts here need; to be sourced
#
# XTCP_TOP    the top of the tree
# XTCP_CACHE  kernels and other things that take long to build, outside the tree

XTCP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
XTCP_CACHE=${XTCP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xtcp}
export XTCP_TOP XTCP_CACHE
PATH=$PATH:/usr/sbin:/sbin

# say TEXT...: print a message for the user on stderr; stdout is for results
say()
{
	echo "xtcp: $*" >&2
}

# die TEXT...: print the reason, and exit
die()
{
	say "$*"
	exit 1
}

# usage SCRIPT: print the comment at the top of a script, and exit
usage()
{
	sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$1" >&2
	exit 2
}

# as_root COMMAND...: run it as root, by sudo if necessary
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "this needs root or sudo: $*"
	fi
}

# hash_of FILE...: a short hash of their contents
hash_of()
{
	cat "$@" | sha256sum | cut -c1-12
}

# lock NAME: hold a lock in the cache until this shell ends, so that two callers do not make
# the same thing twice. An inherited descriptor would keep the lock, so background processes
# must close 9
lock()
{
	mkdir -p "$XTCP_CACHE"
	exec 9>"$XTCP_CACHE/.lock.$1"
	flock -n 9 && return
	say "waiting for another run that holds '$1'"
	flock -w 3600 9 || die "'$1' has been locked for an hour"
}

# KTAP: ktap_plan N, then ktap_ok NAME, ktap_not_ok NAME [WHY], ktap_skip NAME WHY; ktap_end
# returns false if anything failed
KTAP_NUMBER=0
KTAP_FAILED=0

ktap_plan()
{
	echo "KTAP version 1"
	echo "1..$1"
}

ktap_ok()
{
	KTAP_NUMBER=$((KTAP_NUMBER + 1))
	echo "ok $KTAP_NUMBER $1"
}

ktap_not_ok()
{
	KTAP_NUMBER=$((KTAP_NUMBER + 1))
	KTAP_FAILED=$((KTAP_FAILED + 1))
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
	echo "not ok $KTAP_NUMBER $1"
}

ktap_skip()
{
	KTAP_NUMBER=$((KTAP_NUMBER + 1))
	echo "ok $KTAP_NUMBER $1 # SKIP $2"
}

ktap_end()
{
	[ "$KTAP_FAILED" = 0 ]
}
