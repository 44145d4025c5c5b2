#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bridge.sh: compile the bridge between protocols 253 and 6, build/bridge/bridge.o

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$XTCP_TOP"
scripts/deps.sh bridge
mkdir -p build/bridge
# linux/types.h includes files that Debian keeps in a directory of each architecture
[ ! build/bridge/bridge.o -nt tools/bridge/bridge.bpf.c ] || exit 0
clang -target bpf -O2 -Wall -Wextra -Werror -idirafter "/usr/include/$(uname -m)-linux-gnu" \
	-c tools/bridge/bridge.bpf.c -o build/bridge/bridge.o.new
mv build/bridge/bridge.o.new build/bridge/bridge.o
