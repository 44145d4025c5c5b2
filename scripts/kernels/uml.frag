# SPDX-License-Identifier: GPL-2.0
# User-Mode Linux: a process of the host, at native speed

CONFIG_LOCALVERSION="-xtcp"
CONFIG_HOSTFS=y
CONFIG_NULL_CHAN=y
CONFIG_SSL=y
CONFIG_CON_ZERO_CHAN="null"
CONFIG_CON_CHAN="null"
CONFIG_SSL_CHAN="null"
CONFIG_UML_TIME_TRAVEL_SUPPORT=y
# The register file of the processor lies on this stack, see source.sh
CONFIG_KERNEL_STACK_ORDER=4
