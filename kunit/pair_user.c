// SPDX-License-Identifier: GPL-2.0
/* The programs at the two ends, see pair.h */
#include <linux/minmax.h>

#include "pair.h"

static void write_some(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	struct xtcp_tcb *t = &e->tcb;
	u32 room = e->user.sndbuf - min(e->user.sndbuf, t->write_seq - t->snd_una);
	u32 len = min3(1 + random_below(&p->random, 3 * PAIR_MSS),
		       e->user.total - e->written, room);
	struct xtcp_rec *rec = t->sendq.unsent ? t->sendq.tail : NULL;
	bool wrote = false;

	while (len) {
		struct pair_buf *buf = rec ? pair_buf_of(rec) : NULL;
		u32 part;

		if (!buf || buf->len == PAIR_ROOM) {
			buf = pair_get_buf(p);
			if (!buf)
				break;
			buf->rec.seq = t->write_seq;
			buf->rec.end_seq = t->write_seq;
			xtcp_sendq_append(&t->sendq, &buf->rec);
		}
		rec = &buf->rec;
		for (part = min(len, PAIR_ROOM - buf->len); part; part--, len--) {
			buf->data[buf->len++] = pair_pattern(who, e->written++);
			xtcp_write(t, rec, 1);
		}
		wrote = true;
	}
	if (!wrote)
		return;
	rec->flags |= XTCP_REC_PSH;
	pair_event(p, who, XTCP_EV_SEND);
}

static void read_some(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	u32 len = 1 + random_below(&p->random, e->user.slow ? 300 : 100000);

	if (!e->unread)
		return;
	len = min(len, e->unread);
	e->unread -= len;
	e->read += len;
	pair_event(p, who, XTCP_EV_RECEIVE);
}

static bool may_write(const struct pair_end *e)
{
	return XTCP_IN(e->tcb.state, XTCP_CAN_SEND) && e->written < e->user.total && !e->shut;
}

static void close_some(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	bool all_written = e->written == e->user.total;
	bool all_read = e->eof && !e->unread;

	if (e->user.abort_after && e->read >= e->user.abort_after)
		pair_event(p, who, XTCP_EV_ABORT);
	if (!e->shut && all_written && e->connected && (all_read || !e->user.wait_eof)) {
		e->shut = true;
		pair_event(p, who, XTCP_EV_SHUTDOWN);
	}
	if (e->shut && !e->orphan && (all_read || e->user.vanish)) {
		e->orphan = true;
		pair_event(p, who, XTCP_EV_ORPHAN);
	}
}

/**
 * pair_user_turn - the program writes, reads and closes as configured
 * @p: the pair
 * @who: 0 or 1
 */
void pair_user_turn(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];

	e->user_at = 0;
	if (e->kind != PAIR_TCB && !e->unread)
		return;
	if (e->user.stalls && e->unread) {
		e->user.stalls = false;
		e->user_at = p->now + 60 * XTCP_US_PER_S;
		return;
	}
	if (e->kind == PAIR_TCB && may_write(e))
		write_some(p, who);
	read_some(p, who);
	if (e->kind == PAIR_TCB)
		close_some(p, who);
	if (e->unread || (may_write(e) && e->tcb.write_seq - e->tcb.snd_una < e->user.sndbuf))
		pair_wake(p, e);
}
