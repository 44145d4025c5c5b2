// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: the SYN-ACK carries what was negotiated, the final ACK brings it back, and
 * nothing is kept in between. Classic cookies (core/syncookie.h) work with any peer. Echo
 * cookies (core/seal.h) are for peers that have offered to echo one. docs/syn-defence.md
 * says what each attack on them costs.
 *
 * Secrets: each epoch has its own. It is drawn for the first cookie of the epoch and
 * overwritten four epochs later. A cookie is accepted in its own epoch and in the next one
 * only, so no secret is read while it is overwritten.
 */
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include "accept_queue.h"
#include "child.h"
#include "conn.h"
#include "cookie.h"
#include "core/syncookie.h"
#include "core/isn.h"
#include "core/seal.h"
#include "core/stamp.h"
#include "drop.h"
#include "kept.h"
#include "listener.h"
#include "net.h"
#include "policy.h"
#include "reply.h"
#include "request.h"
#include "request_syn.h"
#include "sock.h"
#include "timer.h"

#define SECRETS 4

/**
 * struct secret - the key of the cookies of one epoch
 * @epoch: the epoch; written last
 * @key: the key
 */
struct secret {
	u32 epoch;
	u64 key[2];
};

/* The epoch in an unused slot is one that belongs into another slot, so the zeroes in it are
 * never taken for a secret
 */
static struct secret secrets[SECRETS] = {
	[0] = { .epoch = 1 },
	[1 ... SECRETS - 1] = { .epoch = 0 },
};

static DEFINE_SPINLOCK(secrets_lock);	/* writers of secrets; softirq, innermost */

/* Get the secret of an epoch; false if it sent no cookie, or is too long ago */
static bool secret_get(u32 epoch, siphash_key_t *key)
{
	const struct secret *s = &secrets[epoch % SECRETS];

	if (smp_load_acquire(&s->epoch) != epoch)	/* pairs with secret_draw() */
		return false;
	key->key[0] = READ_ONCE(s->key[0]);
	key->key[1] = READ_ONCE(s->key[1]);
	return true;
}

static void secret_draw(u32 epoch)
{
	struct secret *s = &secrets[epoch % SECRETS];
	u64 key[2];

	get_random_bytes(key, sizeof(key));
	spin_lock(&secrets_lock);
	if (s->epoch != epoch) {
		WRITE_ONCE(s->key[0], key[0]);
		WRITE_ONCE(s->key[1], key[1]);
		smp_store_release(&s->epoch, epoch);	/* pairs with secret_get() */
	}
	spin_unlock(&secrets_lock);
}

/* The secret of the current epoch; drawn if there is none */
static void secret_now(u32 epoch, siphash_key_t *key)
{
	while (!secret_get(epoch, key))
		secret_draw(epoch);
}

/*
 * The MAC of a cookie, over the connection (@numbers) and the cookie's content. SipHash
 * includes the length of its input, so the MACs of the two kinds reveal nothing about each
 * other.
 */

/* The cookie's content and our window scale fit into one word with the peer's ISN */
static u64 classic_hash(const siphash_key_t *secret, u64 numbers,
			const struct xtcp_syn_received *h, const struct xtcp_cookie *c)
{
	return siphash_2u64(numbers,
			    (u64)h->irs << 32 | h->rcv_wscale << 16 | xtcp_cookie_word(c),
			    secret);
}

static u64 echo_hash(const siphash_key_t *secret, u64 numbers,
		     const struct xtcp_syn_received *h, u32 state)
{
	return siphash_3u64(numbers, (u64)h->irs << 32 | h->iss,
			    (u64)state << 32 | h->rcv_wscale, secret);
}

/* Make @out the SYN-ACK with a classic cookie */
static void answer_classic(const struct sock *listener, u64 numbers,
			   const struct xtcp_syn_received *h, u64 now, struct xtcp_out *out)
{
	struct xtcp_net *xn = xtcp_net(sock_net(listener));
	siphash_key_t secret;
	struct xtcp_cookie c;

	xtcp_cookie_pack(&c, h, now);
	secret_now(c.epoch, &secret);
	out->seq = xtcp_cookie_isn(&c, classic_hash(&secret, numbers, h, &c));
	if (c.ts_ok)
		out->opts.tsval = xtcp_cookie_stamp(&c, out->opts.tsval);
	if (READ_ONCE(xn->cookie_epoch) != c.epoch)
		WRITE_ONCE(xn->cookie_epoch, c.epoch);
	xtcp_listen_count(listener, XTCP_LISTEN_cookies_sent);
}

/* Has the peer offered to echo a cookie? The SYN must be at least as long as the SYN-ACK with
 * the cookie, so that the answer does not amplify a forged SYN
 */
static bool wants_echo(const struct sock *listener, const struct xtcp_seg *syn,
		       const struct xtcp_out *out)
{
	if (!(syn->opts.ext & XTCP_EXT_COOKIE) ||
	    !READ_ONCE(xtcp_net(sock_net(listener))->knobs.echo_cookie))
		return false;
	if (XTCP_HDR_LEN + xtcp_wire_opts_len(&out->opts) + XTCP_EXT_LEN <=
	    syn->hdr_len + syn->len)
		return true;
	xtcp_listen_count(listener, XTCP_LISTEN_echo_no_room);
	return false;
}

/* Make @out the SYN-ACK with an echo cookie */
static void answer_echo(const struct sock *listener, u64 numbers,
			const struct xtcp_syn_received *h, u64 now, struct xtcp_out *out,
			u8 *cookie)
{
	u32 state = xtcp_seal_pack(h, now);
	siphash_key_t secret;

	secret_now(xtcp_cookie_epoch(xtcp_seal_issued(state, now)), &secret);
	xtcp_seal_write(cookie, state, echo_hash(&secret, numbers, h, state));
	out->opts.ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE;
	out->opts.cookie = cookie;
	xtcp_listen_count(listener, XTCP_LISTEN_echo_sent);
}

/**
 * struct cookie_request - a request on the stack
 * @r: request, never in the table
 * @addr6: IPv6: its addresses
 */
struct cookie_request {
	struct xtcp_request r;
	struct in6_addr addr6[2];
};

/**
 * xtcp_cookie_answer() - answer a SYN with a cookie, and keep nothing
 * @listener: listening socket, not locked
 * @seg: the SYN
 * @key: the connection
 * @skb: its packet; consumed: the SYN-ACK is written into it
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_cookie_answer(const struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, struct sk_buff *skb)
{
	u64 now = xtcp_now(), numbers = xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS);
	u8 cookie[XTCP_COOKIE_LEN];
	struct xtcp_answer answer;
	struct cookie_request c;
	struct xtcp_out out;

	xtcp_rcu_held();
	xtcp_request_agree(&c.r.half, listener, seg, key, skb,
			   xtcp_isn(now, xtcp_hash_isn(numbers)), now);
	xtcp_request_origin(&c.r, listener, key, skb, NULL);
	xtcp_syn_received_synack(&c.r.half, xtcp_stamp(now, xtcp_hash_stamp(numbers)), &out);
	if (wants_echo(listener, seg, &out))
		answer_echo(listener, numbers, &c.r.half, now, &out, cookie);
	else
		answer_classic(listener, numbers, &c.r.half, now, &out);
	answer = xtcp_request_answer(&c.r, listener);
	xtcp_reply_in(key, &answer, &out, skb);
	xtcp_kept_free(c.r.kept);
}

/* Complete @h, from the final ACK and our own settings */
static void cookie_return(struct xtcp_syn_received *h, const struct sock *listener,
			  const struct xtcp_seg *seg, const struct xtcp_key *key,
			  const struct sk_buff *skb, u64 now)
{
	xtcp_syn_received_return(h, seg, xtcp_request_adv_mss(listener, skb, key),
				 READ_ONCE(listener->sk_rcvbuf) / 2,
				 &xtcp_net(key->net)->knobs, now);
}

/* Restore @h from the classic cookie that @seg acknowledges. Returns false if it is not valid */
static bool return_classic(struct xtcp_syn_received *h, const struct sock *listener,
			   const struct xtcp_seg *seg, const struct xtcp_key *key,
			   const struct sk_buff *skb, u64 now)
{
	siphash_key_t secret;
	struct xtcp_cookie c;

	/* none can be valid if none was sent in this epoch or the last */
	if (xtcp_cookie_epoch(now) - READ_ONCE(xtcp_net(key->net)->cookie_epoch) > 1)
		return false;
	xtcp_cookie_read(&c, seg, now);
	xtcp_cookie_unpack(&c, h);
	cookie_return(h, listener, seg, key, skb, now);
	if (!secret_get(c.epoch, &secret) ||
	    !xtcp_cookie_valid(&c, seg,
			       classic_hash(&secret, xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS),
					    h, &c))) {
		xtcp_listen_count(listener, XTCP_LISTEN_cookies_invalid);
		return false;
	}
	xtcp_listen_count(listener, XTCP_LISTEN_cookies_valid);
	return true;
}

/* Restore @h from the echo cookie in @seg. Returns whether the cookie is valid */
static enum xtcp_seal_verdict return_echo(struct xtcp_syn_received *h,
					  const struct sock *listener,
					  const struct xtcp_seg *seg,
					  const struct xtcp_key *key,
					  const struct sk_buff *skb, u64 now)
{
	u32 state = xtcp_seal_state(seg->opts.cookie);
	siphash_key_t secret;

	if (!secret_get(xtcp_cookie_epoch(xtcp_seal_issued(state, now)), &secret))
		return XTCP_SEAL_EXPIRED;
	xtcp_seal_unpack(state, h);
	cookie_return(h, listener, seg, key, skb, now);
	return xtcp_seal_check(seg, echo_hash(&secret,
					      xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS),
					      h, state), now);
}

/* Make a socket from what a cookie has brought back, and put it into the connection table. NULL
 * if it could not be made, or if another CPU has already done so for a copy of the segment
 */
static struct sock *cookie_child(struct sock *listener, struct cookie_request *c,
				 struct sk_buff *skb, const struct xtcp_key *key)
{
	struct sock *child;

	BUILD_BUG_ON(offsetof(struct cookie_request, addr6) !=
		     offsetofend(struct cookie_request, r.entry));
	xtcp_request_fill(&c->r, listener, key, skb, NULL);
	child = xtcp_child_create(listener, &c->r, skb);
	if (child && xtcp_conn_insert(&xtcp_sk(child)->entry, key)) {
		xtcp_child_undo(child);
		child = NULL;
	}
	if (child) {
		sock_prot_inuse_add(sock_net(child), child->sk_prot, 1);
		xtcp_kept_to_child(c->r.kept, child);
		__acquire(&child->sk_lock.slock);	/* xtcp_child_create() has; for sparse */
		bh_unlock_sock(child);
	}
	xtcp_kept_free(c->r.kept);
	return child;
}

/* The final ACK of a connection with a valid cookie; consumes @skb */
static void cookie_establish(struct sock *listener, struct cookie_request *c,
			     struct sk_buff *skb, struct xtcp_seg *seg,
			     const struct xtcp_key *key)
{
	if (xtcp_accept_queue_full(listener))
		xtcp_request_overflow(listener, NULL, skb, seg, key);
	else if (xtcp_policy_request(listener, skb, key))
		xtcp_request_begin(listener, cookie_child(listener, c, skb, key), skb, seg,
				   key);
	else
		xtcp_skb_done(key->net, skb, XTCP_REFUSED_LSM);
}

/* A segment with an echo cookie, or with an option that has no room for one. An invalid cookie
 * is not answered by RST: the peer's second segment may have overtaken its first, whose numbers
 * are the right ones, and a forger learns nothing. Consumes @skb
 */
static void cookie_echoed(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
			  const struct xtcp_key *key)
{
	struct cookie_request c;

	if (seg->opts.ext & XTCP_EXT_CUT) {
		xtcp_listen_count(listener, XTCP_LISTEN_echo_cut);
		xtcp_skb_free(skb, XTCP_REFUSED_COOKIE);
		return;
	}
	switch (return_echo(&c.r.half, listener, seg, key, skb, xtcp_now())) {
	case XTCP_SEAL_VALID:
		if (xtcp_syn_received_no_stamp(&c.r.half, seg)) {
			xtcp_count_drop(key->net, XTCP_DROP_NO_STAMP);
			break;
		}
		xtcp_listen_count(listener, XTCP_LISTEN_echo_valid);
		cookie_establish(listener, &c, skb, seg, key);
		return;
	case XTCP_SEAL_EXPIRED:
		xtcp_listen_count(listener, XTCP_LISTEN_echo_expired);
		break;
	case XTCP_SEAL_FORGED:
		xtcp_listen_count(listener, XTCP_LISTEN_echo_forged);
		break;
	}
	xtcp_skb_free(skb, XTCP_REFUSED_COOKIE);
}

/**
 * xtcp_cookie_rcv() - establish a connection from the cookie in an ACK
 * @listener: listening socket, not locked
 * @skb: packet, data at the transport header; consumed if true is returned
 * @seg: its segment, with ACK, without SYN and RST; of no connection in the table
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 * Return: false if it has no echo cookie and acknowledges no valid classic cookie: the caller
 * rejects it.
 */
bool xtcp_cookie_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key)
{
	struct cookie_request c;

	xtcp_rcu_held();
	if (!READ_ONCE(xtcp_net(key->net)->knobs.syncookies))
		return false;
	if (seg->opts.ext & (XTCP_EXT_COOKIE | XTCP_EXT_CUT)) {
		cookie_echoed(listener, skb, seg, key);
		return true;
	}
	if (!return_classic(&c.r.half, listener, seg, key, skb, xtcp_now()))
		return false;
	cookie_establish(listener, &c, skb, seg, key);
	return true;
}
