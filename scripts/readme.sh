#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# readme.sh: do the commands in README.md work?
#
# Runs each "make TARGET..." that has a line of its own in a code block, except for the tests
# themselves. A target that needs a terminal gets one.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

SECONDS_EACH=1200

# commands: the lines of code blocks that begin with make
commands()
{
	awk '/^```/ { code = !code; next } code || /^    /' README.md |
		sed -n 's/^ *\(\$ \)\{0,1\}\(make [a-z][^#]*[^# ]\).*/\2/p' | awk '!seen[$0]++'
}

# leave: type "exit" until the shell has ended, however long it takes to start
leave()
{
	while sleep 5; do
		echo exit 2>/dev/null || return 0
	done
}

# run COMMAND: run it as a user would
run()
{
	case $1 in
	"make vm"*)
		leave | timeout -k 10 "$SECONDS_EACH" script -qec "$1" /dev/null
		return "${PIPESTATUS[1]}"
		;;
	*)
		timeout -k 10 "$SECONDS_EACH" bash -c "$1" </dev/null
		;;
	esac
}

cd "$XTCP_TOP"
mapfile -t list < <(commands | grep -v '^make \(test\|clean\)' || true)
[ ${#list[@]} -gt 0 ] || die "README.md has no commands"
ktap_plan ${#list[@]}
for command in "${list[@]}"; do
	if log=$(run "$command" 2>&1); then
		ktap_ok "$command"
	else
		ktap_not_ok "$command" "$log"
	fi
done
ktap_end
