#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deps.sh GROUP...: install the missing Debian packages of these groups
#
#   build   compile a module          kernel  compile a kernel
#   vm      boot the VM               uml     boot User-Mode Linux
#   test    run demo and selftests    sid     compile for Debian sid's kernel
#   style   check the code            bridge  compile and run the bridge to TCP
#   all     everything

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

packages()
{
	case $1 in
	build)	echo make gcc libc6-dev libelf1 kmod xz-utils ;;
	kernel)	echo make gcc libc6-dev kmod bc bison flex libelf-dev libssl-dev \
		     ccache perl python3 xz-utils ;;
	vm)	echo qemu-system-x86 busybox-static cpio kmod iproute2 perl-base ;;
	uml)	echo gcc libc6-dev busybox-static cpio kmod iproute2 ;;
	sid)	echo debootstrap ;;
	test)	echo iproute2 iputils-ping ethtool socat tshark python3 procps gcc \
		     libc6-dev kmod nftables ;;
	style)	echo sparse clang llvm lld shellcheck perl python3 git pahole ;;
	bridge)	echo clang libbpf-dev libc6-dev iproute2 ethtool ;;
	all)	echo "$(packages build) $(packages kernel) $(packages vm) $(packages uml)" \
		     "$(packages sid) $(packages test) $(packages style) $(packages bridge)" ;;
	*)	usage "$0" ;;
	esac
}

why()
{
	case $1 in
	build)	echo "to compile the module" ;;
	kernel)	echo "to compile the test kernels" ;;
	vm)	echo "to run a virtual machine" ;;
	uml)	echo "to run User-Mode Linux" ;;
	sid)	echo "to compile for the newest Debian kernel" ;;
	test)	echo "for the demo and the selftests" ;;
	style)	echo "to check the code" ;;
	bridge)	echo "for the bridge to TCP" ;;
	all)	echo "to build and test" ;;
	esac
}

missing()
{
	local package

	for package in $(packages "$1"); do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
			echo "$package"
	done | sort -u
}

apt_get()
{
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y -o DPkg::Lock::Timeout=600 "$@"
}

[ $# -gt 0 ] || usage "$0"
for group; do
	packages "$group" >/dev/null
	mapfile -t need < <(missing "$group")
	[ ${#need[@]} -gt 0 ] || continue
	say "installing with apt, $(why "$group"): ${need[*]}"
	log=$(mktemp)
	apt_get install --no-install-recommends "${need[@]}" >"$log" 2>&1 ||
		{ apt_get update && apt_get install --no-install-recommends "${need[@]}"; } >"$log" 2>&1 ||
		{ tail -n 20 "$log" >&2; rm -f "$log"; die "apt could not install: ${need[*]}"; }
	rm -f "$log"
done
