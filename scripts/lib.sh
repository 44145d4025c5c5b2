#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lib.sh: what every script here needs; to be sourced
#
# XTCP_TOP    the top of the tree
# XTCP_CACHE  kernels and other things that take long to make, outside the tree

XTCP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
XTCP_CACHE=${XTCP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xtcp}
export XTCP_TOP XTCP_CACHE
PATH=$PATH:/usr/sbin:/sbin

# say TEXT...: tell the user what happens; stdout stays free for results
say()
{
	echo "xtcp: $*" >&2
}

# die TEXT...: say why, and give up
die()
{
	say "$*"
	exit 1
}

# usage SCRIPT: print the comment at the top of a script, and give up
usage()
{
	sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$1" >&2
	exit 2
}

# as_root COMMAND...: run it as root, by sudo where we are not
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

# hash_of FILE...: a short name for these contents
hash_of()
{
	cat "$@" | sha256sum | cut -c1-12
}

# lock NAME: hold a lock in the cache until this shell ends, so that two
# callers do not make the same thing twice; inherited descriptors would keep
# it, so what runs on in the background must close 9
lock()
{
	mkdir -p "$XTCP_CACHE"
	exec 9>"$XTCP_CACHE/.lock.$1"
	flock -n 9 && return
	say "waiting for another run that holds '$1'"
	flock -w 3600 9 || die "'$1' has been locked for an hour"
}

# KTAP: ktap_plan N, then ktap_ok NAME, ktap_not_ok NAME [WHY], ktap_skip NAME
# WHY; ktap_end is false when anything failed
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
