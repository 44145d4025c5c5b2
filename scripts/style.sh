#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# style.sh [CHECK...]: does the code have the form that docs/testing.md asks for?
#
#   tree arrows checkpatch kernel-doc shellcheck python homes gcc sparse clang
#
# checkpatch, kernel-doc, sparse, warnings of gcc and clang (W=1), shellcheck, Python's
# compiler, the project's own rules (style-tree.py), which file calls which
# (arrows.py), and whether each selftest has a home (homes.py). A missing tool is a failure.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# checkpatch types that do not apply here:
# FILE_PATH_CHANGES    there is no MAINTAINERS file
# CONSTANT_COMPARISON  it takes any upper-case name for a constant
# FUNCTION_ARGUMENTS   where compat.h has a macro for arguments
# COMPLEX_MACRO, MACRO_ARG_REUSE  X macros: lists of names, and their users
# USE_NEGATIVE_ERRNO   the core's errors are positive: they are values, not results
CHECKPATCH_IGNORE=FILE_PATH_CHANGES,CONSTANT_COMPARISON,FUNCTION_ARGUMENTS
CHECKPATCH_IGNORE+=,COMPLEX_MACRO,MACRO_ARG_REUSE,USE_NEGATIVE_ERRNO
# compat.h is for the version checks that no other file may have
COMPAT_IGNORE=$CHECKPATCH_IGNORE,LINUX_VERSION_CODE,NEW_TYPEDEFS
# User-space programs, and the headers that replace the kernel's
USER_IGNORE=$CHECKPATCH_IGNORE,NEW_TYPEDEFS,MACRO_ARG_PRECEDENCE
USER_IGNORE+=,VOLATILE,AVOID_BUG,PREFER_DEFINED_ATTRIBUTE_MACRO
USER_IGNORE+=,PREFER_KERNEL_TYPES,CAMELCASE,UNSPECIFIED_INT,MINMAX,SPACING
USER_IGNORE+=,COMPARISON_TO_NULL,LINUX_VERSION_CODE
# clang 14 with headers that gcc 12 configured
CLANG_ARGS=(CC=clang CONFIG_CC_IS_GCC= CONFIG_CC_IS_CLANG=y CONFIG_RETHUNK=
	CONFIG_SLS= CONFIG_INIT_STACK_ALL_ZERO= CONFIG_FTRACE_MCOUNT_USE_CC=
	CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	CONFIG_GCC_VERSION=0 CONFIG_CLANG_VERSION=140006)

# files PATTERN...: the tree's files, by git's pathspecs
files()
{
	git ls-files --cached --others --exclude-standard -- "$@" | sort |
		while read -r path; do [ ! -f "$path" ] || echo "$path"; done
}

kernel_code()
{
	files 'include/*.[ch]' 'module/*.[ch]' 'kunit/*.[ch]' 'tools/bench/engines/*.[ch]' \
		':!kunit/user' ':!include/compat.h'
}

user_code()
{
	files 'kunit/user/*.[ch]' 'selftests/*.[ch]' 'tools/*.[ch]' 'scripts/*.[ch]' \
		':!tools/bench/engines'
}

scripts()
{
	files scripts selftests tools .ci | while read -r path; do
		case $(head -c 64 "$path" | head -n 1) in
		'#!'*[/\ ]sh | '#!'*bash) echo "$path" ;;
		esac
	done
}

# checkpatch IGNORE < FILES: its output, without the statistics
checkpatch()
{
	local log status=0

	log=$(xargs -r -P "$(nproc)" -n 4 "$TOOLS/scripts/checkpatch.pl" --no-tree \
		--strict --terse --show-types --quiet --color=never \
		--max-line-length=100 --ignore "$1" -f 2>&1) || status=1
	grep -v '^total: \|^$' <<<"$log" || true
	return "$status"
}

check_checkpatch()
{
	local status=0

	kernel_code | checkpatch "$CHECKPATCH_IGNORE" || status=1
	files include/compat.h | checkpatch "$COMPAT_IGNORE" || status=1
	user_code | checkpatch "$USER_IGNORE" || status=1
	rm -f .checkpatch-camelcase.*
	return "$status"
}

# kernel-doc can't expand compat.h's macros for arguments
check_kernel_doc()
{
	local log

	log=$(kernel_code | xargs -r "$TOOLS/scripts/kernel-doc" -none 2>&1)
	! grep -v "member 'XTCP_[A-Z]*_ARGS\?'" <<<"$log" | grep .
}

check_sparse()
{
	"$XTCP_TOP/scripts/build.sh" stock C=2 CF=-Wsparse-error
}

check_gcc()
{
	"$XTCP_TOP/scripts/build.sh" stock
}

check_clang()
{
	XTCP_VARIANT=clang KCFLAGS=-Wno-address-of-packed-member \
		"$XTCP_TOP/scripts/build.sh" stock "${CLANG_ARGS[@]}"
}

check_shellcheck()
{
	scripts | xargs -r shellcheck --external-sources --source-path=SCRIPTDIR
}

check_python()
{
	local path status=0

	while read -r path; do
		python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' \
			"$path" || status=1
	done < <(files '*.py')
	return $status
}

# check NAME TOOL FUNCTION: one KTAP line, after the output of the check
check()
{
	local log

	if ! command -v "$2" >/dev/null; then
		ktap_not_ok "$1" "$2 is not installed"
	elif log=$("$3" 2>&1); then
		ktap_ok "$1"
	else
		ktap_not_ok "$1" "$log"
	fi
}

check_tree()
{
	echo "    # Subtest: tree"
	if files | xargs python3 scripts/style-tree.py | sed 's/^/    /'; then
		ktap_ok tree
	else
		ktap_not_ok tree
	fi
}

check_homes()
{
	echo "    # Subtest: homes"
	if scripts/homes.py check | sed 's/^/    /'; then
		ktap_ok homes
	else
		ktap_not_ok homes
	fi
}

check_arrows()
{
	scripts/arrows.py check
}

run_check()
{
	case $1 in
	tree)		check_tree ;;
	arrows)		check arrows python3 check_arrows ;;
	checkpatch)	check checkpatch perl check_checkpatch ;;
	kernel-doc)	check kernel-doc perl check_kernel_doc ;;
	shellcheck)	check shellcheck shellcheck check_shellcheck ;;
	python)		check python python3 check_python ;;
	homes)		check_homes ;;
	gcc)		check "gcc, W=1" gcc check_gcc ;;
	sparse)		check sparse sparse check_sparse ;;
	clang)		check "clang, W=1" clang check_clang ;;
	*)		die "style.sh knows no check '$1'" ;;
	esac
}

set -o pipefail
cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" style build
TOOLS=$("$XTCP_TOP/scripts/kernel.sh" tools) || die "no checkpatch.pl"
[ $# -gt 0 ] || set -- tree arrows checkpatch kernel-doc shellcheck python homes \
	gcc sparse clang
ktap_plan $#
for name; do
	run_check "$name"
done
ktap_end
