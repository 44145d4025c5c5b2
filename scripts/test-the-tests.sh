#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# test-the-tests.sh [--plant] [MUTANT...]: does each net catch what it is there for?
#
# Each file in scripts/mutants plants one bug in a copy of the tree. It names the net that must
# turn red, and the message that it must print. If the net is slow, the quick ones (purity,
# check) must stay green, which shows that the bug needs the slow one. Before that, each net
# must be green on the unchanged tree.
#
# In a mutant's head:	# bug: what is wrong	# net: the command that is the net
#			# red: a regular expression that its output must match
#
# --plant only checks that each bug can still be planted, which takes seconds.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

MUTANTS=$XTCP_TOP/scripts/mutants
QUICK=("scripts/purity.sh" "env CC=gcc scripts/check.sh")
LIMIT=1500

# head_of FIELD MUTANT
head_of()
{
	sed -n "s/^# $1: *//p" "$MUTANTS/$2"
}

# copy: copy the tree as it is now to $SCRATCH, with a commit to return to
copy()
{
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/xtcp-mutants.XXXXXX")
	trap 'rm -rf "$SCRATCH"' EXIT
	trap 'kill "$NET"; exit 130' INT
	trap 'kill "$NET"; exit 143' TERM HUP
	git -C "$XTCP_TOP" ls-files -z --cached --others --exclude-standard |
		(cd "$XTCP_TOP" && xargs -0 ls -d 2>/dev/null | cpio -pdm --quiet "$SCRATCH")
	git -C "$SCRATCH" init -q
	git -C "$SCRATCH" add -A
	git -C "$SCRATCH" -c user.name=xtcp -c user.email=xtcp@localhost commit -qm copy
}

# restore: remove the bug from the copy; build products stay
restore()
{
	git -C "$SCRATCH" checkout -q .
	git -C "$SCRATCH" clean -fdq
}

# net COMMAND LOG: run a net in the copy
net()
{
	# shellcheck disable=SC2086 # command and arguments
	(cd "$SCRATCH" && exec timeout -k 10 "$LIMIT" $1) >"$2" 2>&1 </dev/null &
	NET=$!
	wait "$NET"
}

# green COMMAND: is the net green without the bug? Run once for each net.
green()
{
	local log=$LOGS/green-${1//[^a-z0-9]/-}.log

	if [ ! -e "$log.status" ]; then
		net "$1" "$log" && echo 0 >"$log.status" || echo 1 >"$log.status"
	fi
	[ "$(cat "$log.status")" = 0 ]
}

# plant MUTANT: put the bug into the copy; prints the problem, if it can't be
plant()
{
	(cd "$SCRATCH" && bash -eu "$MUTANTS/$1") || { echo "cannot be planted"; return; }
	[ -n "$(git -C "$SCRATCH" status --porcelain)" ] || echo "plants nothing"
}

# why_not MUTANT: print why the bug was not caught; nothing if it was
why_not()
{
	local log=$LOGS/$1.log command quick problem
	local -a quiet=("${QUICK[@]}")

	command=$(head_of net "$1")
	problem=$(plant "$1")
	[ -z "$problem" ] || { echo "$problem"; return; }
	case $command in
	scripts/style.sh* | scripts/purity.sh* | scripts/check.sh*)	quiet=() ;;
	esac
	for quick in "${quiet[@]}"; do
		net "$quick" "$LOGS/$1.quick.log" ||
			echo "$quick is red too: $(grep -m 3 'not ok' "$LOGS/$1.quick.log")"
	done
	if net "$command" "$log"; then
		echo "stayed green"
	elif ! grep -aEq -- "$(head_of red "$1")" "$log"; then
		echo "is red, but does not say: $(head_of red "$1")"
		tail -n 15 "$log"
	fi
}

# mutant NAME
mutant()
{
	local start=$SECONDS command problem

	command=$(head_of net "$1")
	if [ -n "$PLANT" ]; then
		problem=$(plant "$1" 2>&1)
		restore
		if [ -z "$problem" ]; then
			ktap_ok "$1"
		else
			ktap_not_ok "$1" "$problem"
		fi
		return
	fi
	if ! green "$command"; then
		ktap_not_ok "$1" "$command is red without the bug, see $LOGS"
		return
	fi
	problem=$(why_not "$1")
	restore
	if [ -z "$problem" ]; then
		ktap_ok "$1"
		printf '# %-22s %-45s %4d s\n' "$1" "$command" $((SECONDS - start))
	else
		ktap_not_ok "$1" "$(head_of bug "$1"): $problem"
	fi
}

LOGS=$XTCP_TOP/build/mutants
rm -rf "$LOGS"
mkdir -p "$LOGS"
PLANT=
if [ "${1-}" = --plant ]; then
	PLANT=1
	shift
fi
[ -n "$PLANT" ] || "$XTCP_TOP/scripts/deps.sh" build kernel vm test style
copy
[ $# -gt 0 ] || mapfile -t list < <(ls "$MUTANTS")
[ $# -eq 0 ] || list=("$@")
ktap_plan ${#list[@]}
for name in "${list[@]}"; do
	mutant "$name"
done
ktap_end
