// SPDX-License-Identifier: GPL-2.0
/*
 * Any sequence of segments, user calls and time steps for one end, listening or opening.
 * None may break an invariant of kunit/pair_check.c, lose a buffer, or trigger a
 * sanitizer.
 *
 * Input: how the end begins, then steps, each an opcode with its operands. Sequence
 * numbers are relative to those that matter, so that few bytes say much.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../pair.h"
#include "fuzz.h"

#define FUZZ_HOUR	(3600 * XTCP_US_PER_S)

struct input {
	const u8 *data;
	size_t left;
};

/* ---- the part of KUnit that pair.c needs: a failure ends the run ---- */

void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	return calloc(n, size);
}

void kunit_kfree(struct kunit *test, const void *memory)
{
	free((void *)memory);
}

void kunit_user_failed_numbers(struct kunit *test, const struct kunit_user_check *check,
			       long long left, long long right, const char *format, ...)
{
	fprintf(stderr, "%s:%d: %s %s %s: %lld and %lld\n", check->file, check->line,
		check->left_text, check->op, check->right_text, left, right);
	abort();
}

void kunit_user_failed_plain(struct kunit *test, const struct kunit_user_check *check,
			     const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", check->file, check->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	abort();
}

void kunit_user_warn(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: WARN_ON(%s)\n", file, line, condition);
	abort();
}

/* ---- operands ---- */

static u8 take8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static u16 take16(struct input *in)
{
	u16 low = take8(in);

	return low | take8(in) << 8;
}

static u32 take32(struct input *in)
{
	u32 low = take16(in);

	return low | (u32)take16(in) << 16;
}

/* A sequence number near one that matters: a selector and a distance */
static u32 take_near(struct input *in, const u32 *of, u32 count)
{
	u8 select = take8(in);

	if (select >= 0xf0)
		return take32(in);
	if (select & 1)
		return of[(select >> 2) % count];
	return of[(select >> 2) % count] + (select & 2 ? (s16)take16(in) : (s8)take8(in));
}

static u32 take_seq(struct input *in, const struct pair_end *e)
{
	const struct xtcp_tcb *t = &e->tcb;
	const u32 half[] = { e->halfopen.irs, e->halfopen.irs + 1 };
	const u32 wait[] = { e->timewait.rcv_nxt };
	const u32 full[] = {
		t->rcv_nxt, t->rcv_wup, t->rcv_nxt + xtcp_rcv_window(t), t->irs,
		t->rcv_fin_seq, t->rcv_up,
	};

	if (e->kind == PAIR_HALFOPEN)
		return take_near(in, half, ARRAY_SIZE(half));
	if (e->kind == PAIR_TIMEWAIT)
		return take_near(in, wait, ARRAY_SIZE(wait));
	return take_near(in, full, ARRAY_SIZE(full));
}

static u32 take_ack(struct input *in, const struct pair_end *e)
{
	const struct xtcp_tcb *t = &e->tcb;
	const u32 half[] = { e->halfopen.iss, e->halfopen.iss + 1 };
	const u32 wait[] = { e->timewait.snd_nxt };
	const u32 full[] = {
		t->snd_una, t->snd_nxt, t->iss, t->iss + 1, t->fin.seq, t->recover,
		t->write_seq, t->snd_una + xtcp_flight(t) / 2,
	};

	if (e->kind == PAIR_HALFOPEN)
		return take_near(in, half, ARRAY_SIZE(half));
	if (e->kind == PAIR_TIMEWAIT)
		return take_near(in, wait, ARRAY_SIZE(wait));
	return take_near(in, full, ARRAY_SIZE(full));
}

static void put32(u8 *at, u32 value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
}

/* ---- steps ---- */

static void give_segment(struct pair *p, struct input *in)
{
	struct pair_end *e = &p->end[0];
	struct pair_buf *buf = pair_get_buf(p);
	struct xtcp_seg seg;
	u32 words, i;

	if (!buf)
		return;
	memset(buf->hdr, 0, sizeof(buf->hdr));
	buf->hdr[13] = take8(in);
	put32(buf->hdr + 4, take_seq(in, e));
	put32(buf->hdr + 8, take_ack(in, e));
	buf->hdr[14] = take8(in);
	buf->hdr[15] = take8(in);
	buf->len = take16(in) % (PAIR_ROOM + 1);
	buf->hdr[18] = buf->hdr[13] & XTCP_URG ? take8(in) : 0;
	buf->hdr[19] = buf->hdr[13] & XTCP_URG ? take8(in) : 0;
	words = take8(in) % 11;
	buf->hdr[12] = (5 + words) << 4;
	for (i = 0; i < 4 * words; i++)
		buf->hdr[XTCP_HDR_LEN + i] = take8(in);
	buf->to = 0;
	buf->at = p->now;
	buf->next = NULL;
	pair_unplug(p);
	p->wire = buf;
	if (xtcp_wire_parse(buf->hdr, XTCP_HDR_LEN + 4 * words,
			    XTCP_HDR_LEN + 4 * words + buf->len, &seg) == XTCP_WIRE_OK)
		pair_run_until(p, p->now);
}

static void give_time(struct pair *p, struct input *in)
{
	static const u32 units[] = { 1, 50, XTCP_US_PER_MS, 200 * XTCP_US_PER_MS };
	u8 select = take8(in);

	pair_run_until(p, p->now + (u64)take8(in) * units[select % 4]);
}

static void give_icmp(struct pair *p, struct input *in)
{
	struct xtcp_event ev = { .kind = XTCP_EV_ICMP, .err = 1 + take8(in) % 130 };

	ev.hard = take8(in) & 1;
	if (p->end[0].kind == PAIR_TCB)
		pair_step(p, 0, &ev);
}

static void give_path(struct pair *p, struct input *in)
{
	struct xtcp_event ev = { .kind = XTCP_EV_MTU };

	if (p->end[0].kind != PAIR_TCB)
		return;
	xtcp_tcb_set_path(&p->end[0].tcb, take16(in) % PAIR_ROOM);
	pair_step(p, 0, &ev);
}

static void give_settings(struct pair *p, struct input *in)
{
	struct xtcp_tcb *t = &p->end[0].tcb;
	u8 bits = take8(in);

	if (p->end[0].kind != PAIR_TCB)
		return;
	t->cork = bits & 1;
	t->nodelay = bits & 2;
	t->keepalive = bits & 4;
	if (bits & 8)
		xtcp_write_urgent(t);
	t->user_timeout = bits & 16 ? 1 + take16(in) : 0;
	xtcp_keepalive_start(t, p->now);
	pair_event(p, 0, XTCP_EV_SEND);
}

static void step(struct pair *p, struct input *in)
{
	struct pair_end *e = &p->end[0];

	switch (take8(in) % 16) {
	case 0:
		pair_event(p, 0, XTCP_EV_SHUTDOWN);
		e->shut = true;
		break;
	case 1:
		if (e->shut)
			pair_event(p, 0, XTCP_EV_ORPHAN);
		break;
	case 2:
		give_path(p, in);
		break;
	case 3:
		give_settings(p, in);
		break;
	case 4:
		give_icmp(p, in);
		break;
	case 5:
	case 6:
		give_time(p, in);
		break;
	default:
		give_segment(p, in);
		break;
	}
}

static void begin(struct pair *p, struct input *in)
{
	struct pair_end *e = &p->end[0];
	u8 how = take8(in);

	memset(p->end, 0, sizeof(p->end));
	p->now = XTCP_US_PER_S;
	p->failed = false;
	p->forged = true;
	p->random.state = 1;
	p->link.cut_at = 1;	/* the end's output is discarded */
	p->no_memory = how & 2 ? 100 : 0;
	e->user = (struct pair_user){
		.total = 1 << 30, .sndbuf = 65536, .rcvbuf = how & 4 ? 3000 : 65536,
		.slow = how & 8, .nodelay = how & 16,
	};
	e->iss = take32(in);
	if (how & 1)
		pair_open(p, 0);
	else
		e->kind = PAIR_LISTEN;
}

int fuzz_one(const u8 *data, size_t size)
{
	static struct kunit test;
	static struct pair *p;
	struct input in = { data, size };

	if (!p)
		p = pair_create(&test, 1);
	begin(p, &in);
	while (in.left && p->now < 100 * FUZZ_HOUR) {
		step(p, &in);
		pair_unplug(p);
	}
	pair_event(p, 0, XTCP_EV_ABORT);
	pair_unplug(p);
	if (p->free_count != PAIR_BUFS)
		abort();
	return 0;
}
