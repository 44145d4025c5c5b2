/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two control blocks over a simulated link: the module's part, in a
 * few hundred lines, with buffers that hold real bytes. Time is simulated, random numbers
 * come from a seed: every run is the same.
 */
#ifndef XTCP_KUNIT_PAIR_H
#define XTCP_KUNIT_PAIR_H

#include <kunit/test.h>
#include "random.h"
#include "../module/core/ack_out.h"
#include "../module/core/cc.h"
#include "../module/core/deadline.h"
#include "../module/core/fsm.h"
#include "../module/core/keepalive.h"
#include "../module/core/mss.h"
#include "../module/core/reset.h"
#include "../module/core/rtt.h"
#include "../module/core/send.h"
#include "../module/core/stamp.h"
#include "../module/core/syn_received.h"
#include "../module/core/time_wait.h"
#include "../module/core/usec.h"
#include "../module/core/window.h"

#define PAIR_MSS	1000
#define PAIR_ROOM	1600	/* bytes of payload in a buffer */
#define PAIR_CHUNK	64	/* buffers allocated at once */
#define PAIR_CHUNKS	19
#define PAIR_BUFS	(PAIR_CHUNKS * PAIR_CHUNK)

/* A buffer: in a send queue, on the link, or received */
struct pair_buf {
	struct xtcp_rec rec;
	struct pair_buf *next;
	u64 at;			/* on the link: when it arrives */
	u64 order;		/* order among those that arrive together */
	int to;			/* receiving end */
	bool seen;		/* a test has already decided about it */
	u32 len;
	u8 hdr[XTCP_HDR_MAX];
	u8 data[PAIR_ROOM];
};

/* How the program at one end behaves */
struct pair_user {
	u32 total;		/* bytes to be written */
	u32 sndbuf;
	u32 rcvbuf;
	bool nodelay;
	bool slow;		/* reads little, late */
	bool stalls;		/* stops reading for a minute, once */
	bool wait_eof;		/* closes only after the peer has */
	bool vanish;		/* closes both directions at once, when all is written */
	u32 abort_after;	/* bytes read, then ABORT; 0: never */
};

struct pair_end {
	struct xtcp_tcb tcb;
	struct xtcp_syn_received halfopen;
	struct xtcp_time_wait timewait;
	enum { PAIR_NOTHING, PAIR_LISTEN, PAIR_HALFOPEN, PAIR_TCB, PAIR_TIMEWAIT } kind;
	u64 halfopen_timer, timewait_timer;
	struct pair_user user;
	u64 user_at;		/* when the program has its next turn; 0: it sleeps */
	u32 written, read, unread;
	u32 iss, ts_offset;
	bool connected, eof, shut, orphan;
	int err;
	u32 edge;		/* right edge advertised */
	bool edge_known;
	u32 sent[XTCP_OUT_RST + 1];
	u32 dropped[XTCP_DROP_KINDS];
};

struct pair_link {
	u64 delay, jitter;	/* us */
	u64 per_byte;		/* ns: the bandwidth */
	u32 loss, duplicate;	/* per 1000 */
	u64 cut_at;		/* from then on nothing arrives; 0: never */
};

struct pair {
	struct kunit *test;
	struct xtcp_knobs knobs;
	struct random random;
	struct pair_end end[2];
	struct pair_link link;
	u32 no_memory;		/* per 1000 sends */
	bool self;		/* both ends are end 0 */
	bool forged;		/* the received bytes differ from those written */
	u64 now, limit, orders;
	u64 done;		/* when the last control block was freed */
	u64 link_free[2];
	struct pair_buf *chunks[PAIR_CHUNKS];
	struct pair_buf *free, *wire;
	u32 free_count;
	bool failed;
};

/* Report only the first failure; what follows a broken invariant proves nothing */
#define PAIR_CHECK(p, condition) do {					\
	struct pair *pair_ = (p);					\
									\
	if (!(condition) && !pair_->failed) {				\
		pair_->failed = true;					\
		KUNIT_FAIL(pair_->test, "%s (time %llu us)", #condition,	\
			   (unsigned long long)pair_->now);		\
	}								\
} while (0)

static inline struct pair_buf *pair_buf_of(struct xtcp_rec *rec)
{
	return container_of(rec, struct pair_buf, rec);
}

/* pair.c: the link, and the module's part */
void pair_open(struct pair *p, int who);
void pair_connect(struct pair *p);
void pair_connect_both(struct pair *p);
void pair_run(struct pair *p);
void pair_run_until(struct pair *p, u64 until);
void pair_step(struct pair *p, int who, struct xtcp_event *ev);
void pair_expect_done(struct pair *p);
void pair_unplug(struct pair *p);
struct pair_buf *pair_get_buf(struct pair *p);
void pair_put_buf(struct pair *p, struct pair_buf *buf);
void pair_event(struct pair *p, int who, enum xtcp_event_kind kind);
void pair_wake(struct pair *p, struct pair_end *e);
u8 pair_pattern(int who, u32 offset);

/* pair_create.c */
struct pair *pair_create(struct kunit *test, u64 seed);
void pair_destroy(struct pair *p);

/* pair_check.c */
void pair_check_tcb(struct pair *p, const struct xtcp_tcb *t);
void pair_check_alive(struct pair *p, const struct xtcp_tcb *t);
void pair_check_window(struct pair *p, struct pair_end *e, const struct xtcp_out *out);
void pair_check_data(struct pair *p, const struct xtcp_tcb *t,
		     const struct xtcp_out *out);

/* pair_user.c */
void pair_user_turn(struct pair *p, int who);

#endif /* XTCP_KUNIT_PAIR_H */
