// SPDX-License-Identifier: GPL-2.0
#include "../module/core/rtx.c"
