#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tools.sh: recipe for the tools that come with the kernel's source only

# shellcheck source=scripts/kernels/source.sh
. "$RECIPES/source.sh"

TOOLS="scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch
	scripts/kernel-doc tools/testing/kunit"

recipe_version()
{
	source_package
	package_version "$SOURCE"
}

recipe_files()
{
	printf '%s\n' "$RECIPES/tools.sh"
}

recipe_make()
{
	local dir=$1 paths

	"$XTCP_TOP/scripts/deps.sh" kernel
	source_package
	source_tarball "$dir/package"
	read -ra paths -d '' <<<"$TOOLS" || true
	tar -x -C "$dir" --strip-components=1 -f "$TARBALL" "${paths[@]/#/$SOURCE/}"
	rm -rf "$dir/package"
}
