#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# debian.sh: recipe for Debian's own kernels, from their packages, uninstalled

# What the guest needs for its root, console and results; modprobe orders it
BOOT_MODULES="virtio_pci virtio_console 9pnet_virtio 9p overlay"

# What of the modules a guest may want later
KEEP_MODULES="net lib crypto arch/x86/crypto fs/9p fs/netfs fs/fscache fs/overlayfs
	fs/fuse drivers/virtio drivers/char/virtio_console.ko drivers/char/hw_random
	drivers/net/dummy.ko drivers/net/geneve.ko drivers/net/ifb.ko drivers/net/macvlan.ko
	drivers/net/macvtap.ko drivers/net/net_failover.ko drivers/net/nlmon.ko
	drivers/net/tap.ko drivers/net/tun.ko drivers/net/veth.ko drivers/net/virtio_net.ko
	drivers/net/vrf.ko drivers/net/bonding drivers/net/ipvlan drivers/net/vxlan"

# package_of KIND: the package behind linux-KIND-amd64
package_of()
{
	package_needs "linux-$1-amd64" "linux-$1-[0-9].*"
}

recipe_version()
{
	# shellcheck disable=SC2153 # kernel.sh sets it
	if [ "$NAME" = stock ]; then
		suite_use own
	else
		suite_use bookworm-backports
	fi
	package_version linux-headers-amd64 | grep . ||
		{ apt_lists && package_version linux-headers-amd64; }
}

# apt_lists: a fresh machine may never have read its package lists
apt_lists()
{
	as_root apt-get -qq update >&2 || die "apt could not read the package lists"
}

recipe_files()
{
	echo "$RECIPES/debian.sh"
}

recipe_make()
{
	local dir=$1 headers

	"$XTCP_TOP/scripts/deps.sh" build
	if [ "$NAME" = stock ]; then
		suite_use own
		debian_image "$dir" "$(package_of image)"
	else
		suite_use bookworm-backports
	fi
	headers=$(package_of headers)
	echo "${headers#linux-headers-}" >"$dir/release"
	debian_headers "$dir" "$headers"
}

# debian_headers DIR PACKAGE: DIR/build. The headers include their common part
# by its absolute name; here it lies beside them.
debian_headers()
{
	local dir=$1 package=$2 needs

	mapfile -t needs < <(package_needs "$package" 'linux-(headers-.*-common|kbuild-.*)')
	say "fetching $package"
	package_unpack "$dir/headers" "$package" "${needs[@]}"
	sed -i 's,include /usr/src/,include ../,' "$dir/headers/usr/src/$package/Makefile"
	rm -rf "$dir/headers/usr/share" "$dir/headers/lib"
	ln -s "headers/usr/src/$package" "$dir/build"
}

# debian_image DIR PACKAGE: DIR/image, DIR/lib/modules and DIR/mod
debian_image()
{
	local dir=$1 package=$2 release=${2#linux-image-} from to path

	say "fetching $package"
	package_unpack "$dir/image.tmp" "$package"
	bare_kernel "$dir/image.tmp/boot/vmlinuz-$release" "$dir/image"
	from=$dir/image.tmp/lib/modules/$release
	to=$dir/lib/modules/$release
	mkdir -p "$to"
	cp "$from"/modules.{order,builtin,builtin.modinfo} "$to"
	for path in $KEEP_MODULES; do
		[ -e "$from/kernel/$path" ] || continue
		mkdir -p "$(dirname "$to/kernel/$path")"
		mv "$from/kernel/$path" "$to/kernel/$path"
	done
	rm -r "$dir/image.tmp"
	depmod -b "$dir" "$release"
	boot_modules "$dir" "$release"
}

# bare_kernel FROM TO: a kernel that unpacks itself takes longer to do so, in an
# emulated processor, than to boot: unpack it here
bare_kernel()
{
	local offset

	offset=$(LC_ALL=C grep -abom 1 -P '\xfd7zXZ\x00' "$1" | head -n 1 | cut -d : -f 1)
	if [ -z "$offset" ] || ! tail -c "+$((offset + 1))" "$1" | xz -dc --single-stream >"$2"; then
		mv "$1" "$2"
	fi
}

# boot_modules DIR RELEASE: DIR/mod/NN-name.ko in the order of loading
boot_modules()
{
	local dir=$1 release=$2 number=10 name path
	declare -A seen=()

	mkdir "$dir/mod"
	for name in $BOOT_MODULES; do
		while read -r _ path; do
			[ -z "${seen[$path]-}" ] || continue
			seen[$path]=1
			cp "$path" "$dir/mod/$number-${path##*/}"
			number=$((number + 1))
		done < <(modprobe -d "$dir" -S "$release" --show-depends "$name" | grep '^insmod')
	done
	[ -n "$(ls "$dir/mod")" ] || die "found no modules for the initramfs"
}
