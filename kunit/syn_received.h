/* SPDX-License-Identifier: GPL-2.0 */
/* A request for the suites, and the verdict on a segment for it. */
#ifndef XTCP_KUNIT_SYN_RECEIVED_H
#define XTCP_KUNIT_SYN_RECEIVED_H

#include <kunit/test.h>
#include "../module/core/syn_received.h"
#include "../module/core/tcb.h"

#define IRS	0xfffffff0u	/* the peer's window wraps */
#define ISS	0x7fffffffu	/* and ours starts where the sign changes */
#define WND	60000u
#define NOW	5000000ULL

#define FLOWN_TWICE	(XTCP_MARK_SENT | XTCP_MARK_RETX | XTCP_MARK_IN_FLIGHT)

struct fixture {
	struct xtcp_knobs knobs;
	struct xtcp_syn_received h;
	struct xtcp_seg seg;
};

/* A request whose SYN had MSS 1400 and window scale 7; the final ACK */
static inline int halfopen_setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	f->knobs.window_scaling = 1;
	f->knobs.synack_retries = 5;
	f->knobs.rmem[2] = 6 << 20;
	f->seg.flags = XTCP_SYN;
	f->seg.seq = IRS;
	f->seg.wnd = 1000;
	f->seg.opts.mss = 1400;
	f->seg.opts.wscale = 7;
	xtcp_syn_received_init(&f->h, &f->seg, ISS, 1460, 536, WND, &f->knobs, NOW);
	f->seg = (struct xtcp_seg){ .seq = IRS + 1, .ack = ISS + 1, .flags = XTCP_ACK };
	test->priv = f;
	return 0;
}

/* Verdict and reason as one number: of the segment, and as expected */
#define OUTCOME(verdict, drop) ((u32)(verdict) << 8 | (drop))

static inline u32 outcome(struct fixture *f)
{
	enum xtcp_drop drop = XTCP_DROP_KINDS;
	enum xtcp_syn_received_verdict verdict;

	verdict = xtcp_syn_received_segment(&f->h, &f->seg, &drop);
	return OUTCOME(verdict, drop);
}

/* The control block made from it, 40 ms later */
static inline struct xtcp_tcb *make_tcb(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fixture *f = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, t);
	xtcp_tcb_from_syn_received(t, &f->h, &f->knobs, NOW + 40000);
	return t;
}

#endif /* XTCP_KUNIT_SYN_RECEIVED_H */
