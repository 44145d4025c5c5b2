#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# purity.sh: module/core is plain C that needs nothing of the kernel
#
# Three checks: the core includes no header but those below; its objects, built with fixed
# options, need no symbol but those below; and they have no variable that could keep state
# from one call to the next.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

HEADERS="asm/byteorder.h linux/bitops.h linux/bits.h linux/bug.h linux/build_bug.h
	linux/compiler.h linux/errno.h linux/limits.h linux/list.h linux/math64.h
	linux/minmax.h linux/rbtree.h linux/stddef.h linux/string.h linux/types.h
	linux/unaligned.h"
# The tree's own headers, found beside the core or in include/
OWN_HEADERS="compat.h"
# kunit_user_warn is what WARN_ON() calls in this build
SYMBOLS="memcmp memcpy memmove memset rb_erase rb_first rb_first_postorder
	rb_insert_color rb_last rb_next rb_next_postorder rb_prev rb_replace_node
	kunit_user_warn"
FLAGS=(-std=gnu11 -O2 -Wall -Werror -fno-strict-aliasing -fwrapv -fno-builtin
	-fno-stack-protector -fno-pie -U_FORTIFY_SOURCE -Ikunit/user/include -Iinclude
	-include kunit/user/include/linux/compiler.h)
OUT=build/purity

# listed WORD LIST
listed()
{
	[[ " ${2//[$'\n\t']/ } " = *" $1 "* ]]
}

# foreign_headers: headers that the core includes and should not
foreign_headers()
{
	local file name

	grep -Eo '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]*' module/core/*.[ch] |
		sed 's/:[^<"]*[<"]/ /' |
		while read -r file name; do
			listed "$name" "$HEADERS $OWN_HEADERS" || [ -e "module/core/$name" ] ||
				echo "$file includes $name"
		done
}

build()
{
	local file

	rm -rf "$OUT"
	mkdir -p "$OUT"
	for file in module/core/*.c; do
		gcc "${FLAGS[@]}" -c -o "$OUT/$(basename "$file" .c).o" "$file" 2>&1 || return
	done
}

# foreign_symbols: symbols that the objects need, beyond each other's and the list
foreign_symbols()
{
	nm --defined-only "$OUT"/*.o | awk 'NF == 3 { print $3 }' | sort -u >"$OUT/defined"
	nm -A -u "$OUT"/*.o | sed 's,.*/\(.*\)\.o: *U ,\1 ,' |
		while read -r file name; do
			grep -qx "$name" "$OUT/defined" || listed "$name" "$SYMBOLS" ||
				echo "module/core/$file.c needs $name"
		done
}

# variables: what is in .data or .bss
variables()
{
	nm -A "$OUT"/*.o | sed -n 's,.*/\(.*\)\.o:.* [BbCDdGgSs] \(.*\),module/core/\1.c keeps \2,p'
}

# empty NAME TEXT: one KTAP line, ok if the text is empty
empty()
{
	if [ -z "$2" ]; then
		ktap_ok "$1"
	else
		ktap_not_ok "$1" "$2"
	fi
}

set -o pipefail
cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" build
ktap_plan 4
empty "headers" "$(foreign_headers)"
if log=$(build); then
	ktap_ok "compiles without a kernel"
	empty "symbols" "$(foreign_symbols)"
	empty "variables" "$(variables)"
else
	ktap_not_ok "compiles without a kernel" "$log"
	ktap_not_ok "symbols"
	ktap_not_ok "variables"
fi
ktap_end
