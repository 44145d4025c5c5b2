/* SPDX-License-Identifier: GPL-2.0 */
/* Time: microseconds of a monotonic clock that starts above zero; 0 means "not set". */
#ifndef XTCP_CORE_USEC_H
#define XTCP_CORE_USEC_H

#define XTCP_US_PER_MS	1000ULL
#define XTCP_US_PER_S	1000000ULL

#endif /* XTCP_CORE_USEC_H */
