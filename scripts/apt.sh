#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# apt.sh: ask apt about a Debian suite and fetch packages from it; to be sourced
#
# A suite other than the machine's own gets its own apt configuration, in the cache, which
# names the machine's Debian mirror.

# mirror: the Debian mirror that this machine uses
mirror()
{
	# shellcheck disable=SC2016 # apt's own
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 !~ /-/ { print $3; exit }'
}

# suite_use SUITE: let apt_get and apt_cache use that suite from now on; "own" is the
# machine's configuration
suite_use()
{
	local dir=$XTCP_CACHE/apt/$1 site

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/none"
	# with its own package cache, apt need not parse all lists for each query
	APT_OPTIONS=(-qq -o APT::Sandbox::User=root -o "Dir::Cache::pkgcache=$dir/packages")
	[ "$1" != own ] || return 0
	APT_OPTIONS+=(-c "$dir/apt.conf")
	[ -e "$dir/status" ] || : >"$dir/status"
	cat >"$dir/apt.conf" <<-END
		Dir::State "$dir";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferencesparts "$dir/none";
		Acquire::Languages "none";
	END
	[ -z "$(find "$dir/fresh" -mtime -7 2>/dev/null)" ] || return 0
	site=$(suite_mirror)
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $1 main" \
		>"$dir/sources.list"
	if apt_get update; then
		touch "$dir/fresh"
	elif [ ! -e "$dir/fresh" ]; then
		die "apt could not read the package lists of $1"
	fi
}

# suite_mirror: the mirror; after "apt-get update", if the machine has no package lists
suite_mirror()
{
	local site

	site=$(mirror)
	if [ -z "$site" ]; then
		as_root apt-get -qq update >&2 || true
		site=$(mirror)
	fi
	[ -n "$site" ] || die "apt's configuration names no Debian mirror"
	echo "$site"
}

apt_get()
{
	apt-get "${APT_OPTIONS[@]}" "$@" >&2
}

apt_cache()
{
	apt-cache "${APT_OPTIONS[@]}" "$@"
}

# package_version PACKAGE: the version that apt would install
package_version()
{
	apt_cache show --no-all-versions "$1" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1
}

# package_needs PACKAGE REGEX: its dependencies that match REGEX
package_needs()
{
	apt_cache depends --important "$1" | sed -n 's/^ *Depends: //p' | grep -E "^($2)\$"
}

# package_unpack DIR PACKAGE...: download packages and unpack them, without installing
package_unpack()
{
	local dir=$1 deb

	shift
	mkdir -p "$dir/debs"
	(cd "$dir/debs" && apt_get download "$@") || lists_stale "$@"
	for deb in "$dir"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -r "$dir/debs"
}

# lists_stale PACKAGE...: a download failed, since old package lists name packages that
# no longer exist. Update the lists, and restart this script once.
lists_stale()
{
	[ -z "${XTCP_LISTS_READ-}" ] || die "apt could not download: $*"
	say "apt could not download $*: reading the package lists anew"
	as_root apt-get -qq update >&2 || die "apt could not read the package lists"
	rm -f "$XTCP_CACHE"/apt/*/fresh
	XTCP_LISTS_READ=1 exec "$XTCP_TOP/scripts/kernel.sh" "$NAME"
}
