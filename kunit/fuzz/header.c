// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes for the parser of header and options. It reads no byte outside the
 * header (ASan), and its result is the same again after building the options and
 * parsing them again.
 *
 * Input: two bytes that say how long the segment is, then its header.
 */
#include <linux/minmax.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "reset.h"
#include "wire.h"

static void expect(bool truth)
{
	if (!truth)
		abort();
}

static void check_options(const struct xtcp_opts *opts)
{
	expect(opts->nsack <= XTCP_SACK_BLOCKS);
	expect(opts->wscale <= XTCP_WSCALE_MAX || opts->wscale == XTCP_NO_WSCALE);
}

static bool same_options(const struct xtcp_opts *a, const struct xtcp_opts *b)
{
	if (a->mss != b->mss || a->wscale != b->wscale || a->sack_ok != b->sack_ok ||
	    a->ts != b->ts || a->nsack != b->nsack)
		return false;
	if (a->ts && (a->tsval != b->tsval || a->tsecr != b->tsecr))
		return false;
	return !memcmp(a->sack, b->sack, a->nsack * sizeof(a->sack[0]));
}

/* If they fit: the input may have been packed tighter than we pack */
static void check_again(const struct xtcp_seg *seg)
{
	struct xtcp_out out = {
		.seq = seg->seq, .ack = seg->ack, .wnd = seg->wnd, .up = seg->up,
		.flags = seg->flags, .opts = seg->opts,
	};
	struct xtcp_seg again;
	u8 buf[XTCP_HDR_MAX];
	u32 len;

	if (xtcp_wire_opts_len(&seg->opts) > XTCP_HDR_MAX - XTCP_HDR_LEN)
		return;
	len = xtcp_wire_build(buf, &out, seg->sport, seg->dport);
	expect(len <= XTCP_HDR_MAX && len % 4 == 0);
	expect(xtcp_wire_parse(buf, len, len + seg->len, &again) == XTCP_WIRE_OK);
	expect(again.seq == seg->seq && again.wnd == seg->wnd && again.len == seg->len);
	expect(again.flags == seg->flags && same_options(&again.opts, &seg->opts));
}

int fuzz_one(const u8 *data, size_t size)
{
	struct xtcp_seg seg;
	struct xtcp_out rst;
	u32 total, avail;
	u8 *header;

	if (size < 2)
		return 0;
	total = data[0] | data[1] << 8;
	avail = min_t(size_t, size - 2, total);
	header = malloc(avail ? avail : 1);	/* of exactly this size, for ASan */
	expect(header);
	memcpy(header, data + 2, avail);
	if (xtcp_wire_parse(header, avail, total, &seg) == XTCP_WIRE_OK) {
		expect(seg.hdr_len >= XTCP_HDR_LEN && seg.hdr_len <= avail);
		expect(seg.hdr_len + seg.len == total);
		check_options(&seg.opts);
		check_again(&seg);
		xtcp_reset_reply(&seg, &rst);
	}
	free(header);
	return 0;
}
