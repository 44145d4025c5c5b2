#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# source.sh: recipe for the test kernels, from Debian's linux-source packages
#
# Debian 12's source for all but 'smp': User-Mode Linux has several processors
# since 7.1 only, so that one is made from sid's. The kernel is built in its source
# tree; what stays of that is the kernel and what is needed to compile modules
# (the "kit"), some 100 MB.

recipe_version()
{
	"$XTCP_TOP/scripts/deps.sh" kernel
	source_package
	echo "$(package_version "$SOURCE")-gcc$(gcc -dumpfullversion)"
}

# source_package: $SOURCE, the package that has this kernel's source
source_package()
{
	if [ "$NAME" = smp ]; then
		suite_use sid
		SOURCE=$(package_needs linux-source 'linux-source-[0-9].*')
	else
		suite_use own
		SOURCE=linux-source-6.1
	fi
}

# source_arch: kbuild's name for the architecture
source_arch()
{
	case $NAME in
	uml | smp)	echo um ;;
	*)		echo x86_64 ;;
	esac
}

recipe_files()
{
	echo "$RECIPES/source.sh" "$RECIPES/common.frag" "$RECIPES/$NAME.frag" | tr ' ' '\n'
}

recipe_make()
{
	local tree=$1/build

	source_package
	source_unpack "$tree"
	source_configure "$tree"
	say "compiling the kernel '$NAME': minutes, once"
	source_compile "$tree"
	source_make "$tree" -s kernelrelease >"$1/release"
	if [ "$(source_arch)" = um ]; then
		mv "$tree/linux" "$1/image"
	else
		mv "$tree/arch/x86/boot/bzImage" "$1/image"
	fi
	strip --strip-debug "$1/image" 2>/dev/null || true
	source_prune "$tree"
}

# source_tarball DIR: fetch the sources, unless they are installed; $TARBALL
source_tarball()
{
	local installed

	TARBALL=/usr/src/$SOURCE.tar.xz
	installed=$(dpkg-query -W -f '${Version}' "$SOURCE" 2>/dev/null || true)
	if [ "$installed" != "$(package_version "$SOURCE")" ] || [ ! -e "$TARBALL" ]; then
		say "fetching $SOURCE"
		package_unpack "$1" "$SOURCE"
		TARBALL=$1$TARBALL
	fi
}

# source_unpack TREE: the sources, less what no test kernel compiles
source_unpack()
{
	local tree=$1

	source_tarball "$tree.package"
	mkdir "$tree"
	tar -x -C "$tree" --strip-components=1 -f "$TARBALL" \
		--exclude='*/Documentation/*/*' --exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' \
		--exclude='*/tools/testing/*' --exclude='*.dts*' \
		--exclude='*/drivers/net/ethernet/*.[ch]' --exclude='*/drivers/net/wireless/*.[ch]'
	rm -rf "$tree.package"
	[ "$NAME" != uml ] || uml_registers "$tree/arch/x86/um/user-offsets.c"
}

# uml_registers FILE: UML 6.1 saves a process's extended registers in 2696 bytes, and
# cannot restore them where the processor has more (with AMX: 11008)
uml_registers()
{
	sed -i 's/(HOST_FP_SIZE, 2696)/(HOST_FP_SIZE, 12288)/' "$1"
	grep -q 'HOST_FP_SIZE, 12288' "$1" || die "the source of UML's registers has changed"
}

# source_configure TREE: our fragments over "nothing", with none of them lost
source_configure()
{
	local tree=$1 lost

	cat "$RECIPES/common.frag" "$RECIPES/$NAME.frag" >"$tree/fragments"
	source_make "$tree" -s KCONFIG_ALLCONFIG=fragments allnoconfig
	lost=$(grep '^CONFIG_.*=[^n]' "$tree/fragments" | grep -vxFf "$tree/.config" || true)
	[ -z "$lost" ] || die "the kernel's configuration does not take: ${lost//$'\n'/ }"
}

source_compile()
{
	source_make "$1" -s -j"$(nproc)" >"$1/make.log" 2>&1 && return
	tail -n 30 "$1/make.log" >&2
	die "the kernel '$NAME' did not compile"
}

# source_make TREE ARGS...: make there, through a compiler cache of our own, with
# nothing in the result that differs from run to run
source_make()
{
	local tree=$1

	shift
	CCACHE_DIR=$XTCP_CACHE/ccache CCACHE_MAXSIZE=2G CCACHE_BASEDIR=$tree \
	KBUILD_BUILD_TIMESTAMP=2024-01-01 KBUILD_BUILD_USER=xtcp KBUILD_BUILD_HOST=xtcp \
		make -C "$tree" --no-print-directory ARCH="$(source_arch)" CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

# source_prune TREE: leave the kit
source_prune()
{
	local tree=$1 keep

	keep=$(mktemp -d "$tree.XXXXXX")
	(cd "$tree" && mv Makefile Kbuild .config Module.symvers scripts include "$keep/" &&
		mkdir "$keep/arch" && mv arch/um arch/x86 "$keep/arch/" &&
		mkdir "$keep/tools" && { [ ! -e tools/objtool/objtool ] ||
			{ mkdir "$keep/tools/objtool" && mv tools/objtool/objtool "$keep/tools/objtool/"; }; })
	find "$keep/arch" "$keep/include" -type f \
		\( -name '*.[oaS]' -o -name '*.c' -o -name '.*.cmd' -o -name '*.bin' \
		   -o -name vmlinux \) -delete
	rm -rf "$tree"
	mv "$keep" "$tree"
	chmod 755 "$tree"
}
