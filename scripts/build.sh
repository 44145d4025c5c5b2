#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# build.sh NAME [MAKE-ARGS...]: compile xtcp.ko for a kernel, in build/NAME
#
# NAME is a kernel of kernel.sh that has headers. For uml, xtcp_kunit.ko is built too. The
# sources appear in build/NAME as links, so that kernels don't overwrite each other's
# objects. Prints the directory. Warnings are errors; KCFLAGS from the environment are added.
# XTCP_VARIANT=X builds in build/NAME-X, so that another compiler does not overwrite the
# objects; XTCP_KBUILD=FILE builds what that Kbuild says.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || usage "$0"
NAME=$1
shift
OUT=$XTCP_TOP/build/$NAME${XTCP_VARIANT:+-$XTCP_VARIANT}
SOURCES="include module kunit tools"

# link_sources: add links to new files, remove links to deleted ones
link_sources()
{
	local path

	mkdir -p "$OUT"
	for path in $SOURCES; do
		[ ! -e "$XTCP_TOP/$path" ] || cp -rsf "$XTCP_TOP/$path" "$OUT/"
	done
	ln -sf "$XTCP_TOP/${XTCP_KBUILD:-Kbuild}" "$OUT/Kbuild"
	find "$OUT" -xtype l -delete
}

# sid_make ROOT ARGS...: make inside a Debian sid, which sees the tree at its usual path
sid_make()
{
	local root=$1

	shift
	# shellcheck disable=SC2016 # for the shell inside
	as_root unshare --mount --fork sh -eu -c '
		root=$1 top=$2
		shift 2
		mkdir -p "$root$top"
		mount -t proc proc "$root/proc"
		mount --bind "$top" "$root$top"
		exec chroot "$root" make "$@"
	' sh "$root" "$XTCP_TOP" "$@"
	[ "$(id -u)" = 0 ] || as_root chown -R "$(id -u):$(id -g)" "$OUT"
}

K=$("$XTCP_TOP/scripts/kernel.sh" "$NAME")
"$XTCP_TOP/scripts/deps.sh" build
mkdir -p "$OUT"
exec 8>"$XTCP_TOP/build/.lock.$NAME"
flock -w 600 8 || die "build/$NAME has been locked for ten minutes"
link_sources

# CONFIG_DEBUG_INFO_BTF_MODULES: there is no vmlinux to take types from. cmd_checkdoc: style.sh
# runs kernel-doc once; W=1 would run it for each kernel
args=(--no-print-directory -j"$(nproc)" M="$OUT" W=1 cmd_checkdoc=
	KCFLAGS="-Werror ${KCFLAGS-}" CONFIG_DEBUG_INFO_BTF_MODULES= "$@")
# Only one kernel runs the suites: make kunit
case $NAME in
uml)	args+=(ARCH=um) ;;
smp)	args+=(ARCH=um CONFIG_KUNIT=) ;;
*)	args+=(CONFIG_KUNIT=) ;;
esac

if [ -d "$K/root" ]; then
	sid_make "$K/root" -C "$(readlink "$K/build")" "${args[@]}" modules >&2
else
	make -C "$K/build" "${args[@]}" modules >&2
fi
echo "$OUT"
