#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# programs.sh: compile the selftests' programs, selftests/programs/NAME.c to
# build/selftests/NAME; guests see the host's files, so the programs run there

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

OUT=$XTCP_TOP/build/selftests
mkdir -p "$OUT"
for source in "$XTCP_TOP"/selftests/programs/*.c; do
	name=$(basename "$source" .c)
	[ ! "$OUT/$name" -nt "$source" ] || [ ! "$OUT/$name" -nt "$XTCP_TOP/selftests/programs/stress.h" ] ||
		continue
	# write to a temporary name first: another run may be using the old program
	gcc -O2 -Wall -Wextra -Werror -pthread -o "$OUT/.$name.$$" "$source"
	mv "$OUT/.$name.$$" "$OUT/$name"
done
