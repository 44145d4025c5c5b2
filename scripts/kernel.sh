#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh NAME: have a kernel in the cache, and print its directory
#
#   stock   Debian 12's kernel as it is           image, modules, headers
#   uml     User-Mode Linux 6.1 with KUnit        image, kit
#   smp     User-Mode Linux of sid with processors, KASAN, lockdep...  image, kit
#   debug   6.1 with KASAN, lockdep, kmemleak...  image, kit
#   kcsan   6.1 with KCSAN, for data races        image, kit
#   6.12    bookworm-backports' kernel            headers, to compile only
#   7.2     sid's kernel                          headers in a Debian sid
#   tools   the source's checkpatch.pl, kernel-doc, kunit.py
#
# In the directory: image (what boots), build (the kbuild directory to compile
# modules against), mod/ (what the initramfs has to load, in order), lib/modules
# (what a guest may load later), release (uname -r).
#
# How each is made is in kernels/*.sh. A kernel is made in a directory of its
# own and gets its name when it is complete; the name tells version and recipe,
# so that a changed one is made anew.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/apt.sh
. "$XTCP_TOP/scripts/apt.sh"

[ $# = 1 ] || usage "$0"
NAME=$1
RECIPES=$XTCP_TOP/scripts/kernels
case $NAME in
stock | 6.12)	recipe=debian ;;
uml | smp | debug | kcsan)	recipe=source ;;
tools)		recipe=tools ;;
7.2)		recipe=sid ;;
*)		usage "$0" ;;
esac

# A recipe has: recipe_version, the version there is now; recipe_files, what
# else its result depends on; recipe_make DIR
# shellcheck source=/dev/null
. "$RECIPES/$recipe.sh"

# kernel_make K: make the kernel, and give it its name
kernel_make()
{
	local start=$SECONDS

	remove "$XTCP_CACHE/kernels/.$NAME".*
	TMP=$(mktemp -d "$XTCP_CACHE/kernels/.$NAME.XXXXXX")
	trap 'remove "$TMP"' EXIT
	recipe_make "$TMP"
	chmod 755 "$TMP"
	mv "$TMP" "$1"
	trap - EXIT
	say "'$NAME' is ready after $((SECONDS - start)) s: $1"
}

# remove PATH...: a Debian in a directory belongs to root
remove()
{
	rm -rf "$@" 2>/dev/null || as_root rm -rf "$@"
}

# kernel_prune K: forget what this name meant before, when nobody has used it
# for a month
kernel_prune()
{
	touch "$1"
	find "$XTCP_CACHE/kernels" -maxdepth 1 -name "$NAME-*" -mtime +30 -exec rm -rf {} +
}

mkdir -p "$XTCP_CACHE/kernels"
version=$(recipe_version)
[ -n "$version" ] || die "apt knows no package for the kernel '$NAME'"
mapfile -t files < <(recipe_files)
K=$XTCP_CACHE/kernels/$NAME-${version//[^A-Za-z0-9.+-]/_}-$(hash_of "${files[@]}")
if [ ! -d "$K" ]; then
	lock "kernel-$NAME"
	[ -d "$K" ] || kernel_make "$K"
fi
kernel_prune "$K"
echo "$K"
