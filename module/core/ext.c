// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing and building our own option. Its format is in ext.h.
 */
#include <linux/string.h>

#include "ext.h"

#define EXID_HIGH	0x78	/* "xc" */
#define EXID_LOW	0x63
#define VERSION		0xf0	/* mask of the version in the "has" byte */

/* Offsets in the option */
#define AT_EXID		2
#define AT_HAS		4
#define AT_COOKIE	8

static bool is_ours(const u8 *p)
{
	return p[1] > AT_HAS && p[AT_EXID] == EXID_HIGH && p[AT_EXID + 1] == EXID_LOW &&
	       (p[AT_HAS] & VERSION) == XTCP_EXT_VERSION;
}

/**
 * xtcp_ext_parse - parse an option of the experimental kind
 * @p: the option; as many bytes are readable as its length byte says
 * @opts: @ext and @cookie are set if the option is ours
 *
 * Other experiments use the same option kind, with other identifiers. Bits that this version
 * doesn't know are ignored, so that later versions can use them.
 * Pure: no context, no lock. Source: RFC 6994 section 3.
 */
void xtcp_ext_parse(const u8 *p, struct xtcp_opts *opts)
{
	if (!is_ours(p))
		return;
	opts->ext = XTCP_EXT_VERSION;
	if (!(p[AT_HAS] & XTCP_EXT_COOKIE))
		return;
	if (p[1] >= AT_COOKIE + XTCP_COOKIE_LEN) {
		opts->ext |= XTCP_EXT_COOKIE;
		opts->cookie = p + AT_COOKIE;
	} else {
		opts->ext |= XTCP_EXT_CUT;
	}
}

/**
 * xtcp_ext_build - write our own option
 * @p: buffer with room for XTCP_EXT_LEN bytes
 * @opts: @ext, not 0, and @cookie
 *
 * Pure: no context, no lock. Source: RFC 6994 section 3.
 *
 * Return: the byte after the option.
 */
u8 *xtcp_ext_build(u8 *p, const struct xtcp_opts *opts)
{
	memset(p, 0, XTCP_EXT_LEN);
	p[0] = XTCP_EXT_KIND;
	p[1] = XTCP_EXT_LEN;
	p[AT_EXID] = EXID_HIGH;
	p[AT_EXID + 1] = EXID_LOW;
	p[AT_HAS] = opts->ext;
	if (opts->cookie)
		memcpy(p + AT_COOKIE, opts->cookie, XTCP_COOKIE_LEN);
	return p + XTCP_EXT_LEN;
}
