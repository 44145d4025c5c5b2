#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sid.sh: recipe for compiling against the kernel of Debian sid
#
# Its headers want sid's compiler, and that wants sid's libraries: so there is a
# small sid in K/root, and K/build is a path inside of that.

recipe_version()
{
	suite_use sid
	package_version linux-headers-amd64
}

recipe_files()
{
	echo "$RECIPES/sid.sh"
}

recipe_make()
{
	local root=$1/root package

	"$XTCP_TOP/scripts/deps.sh" sid
	suite_use sid
	package=$(package_needs linux-headers-amd64 'linux-headers-[0-9].*')
	case $package in
	linux-headers-"$NAME"*) ;;
	*)	say "sid is no longer at $NAME: taking $package" ;;
	esac
	say "installing a small Debian sid, with $package"
	as_root debootstrap --variant=minbase --include="make,kmod,$package" sid "$root" \
		"$(suite_mirror)" >"$1/debootstrap.log" 2>&1 ||
		{ tail -n 20 "$1/debootstrap.log" >&2; die "debootstrap failed"; }
	as_root rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists" \
		"$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
	echo "${package#linux-headers-}" >"$1/release"
	ln -s "/usr/src/$package" "$1/build"
}
