#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh NAME: make a kernel in the cache unless it is there, and print its directory
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
# In the directory: image (the kernel to boot), build (the kbuild directory to compile
# modules against), mod/ (modules that the initramfs has to load, in order), lib/modules
# (modules that a guest may load later), release (uname -r).
#
# The recipes are in kernels/*.sh. A kernel is built in a temporary directory, which is
# renamed when it is complete. The name contains the version and a hash of the recipe, so a
# changed recipe makes a new kernel.

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

# A recipe defines: recipe_version, the current version; recipe_files, the files that the
# result depends on; recipe_make DIR
# shellcheck source=/dev/null
. "$RECIPES/$recipe.sh"

# kernel_make K: build the kernel, and rename it to K
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

# remove PATH...: delete, as root, since a Debian in a directory belongs to root
remove()
{
	rm -rf "$@" 2>/dev/null || as_root rm -rf "$@"
}

# kernel_prune K: delete older kernels of this name that have not been used for a month
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
