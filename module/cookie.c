// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: a SYN is answered and forgotten; the third segment brings back what was
 * agreed. core/syncookie.h draws the kind that any peer carries without knowing,
 * core/seal.h the one for peers that have offered to echo it; docs/syn-defence.md
 * tells what each attack on them costs.
 *
 * Secrets: each epoch has its own, drawn with the first cookie of the epoch and forgotten
 * four epochs later. A cookie is taken for two at most, so nobody reads a secret
 * while another takes its place.
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
 * struct secret - what cookies of an epoch are hashed with
 * @epoch: of which it is; written last
 * @key: the secret
 */
struct secret {
	u32 epoch;
	u64 key[2];
};

/* Before a place is used its epoch is one whose secret has another place, so that there is
 * none for which the zeroes in it are taken for a secret
 */
static struct secret secrets[SECRETS] = {
	[0] = { .epoch = 1 },
	[1 ... SECRETS - 1] = { .epoch = 0 },
};

static DEFINE_SPINLOCK(secrets_lock);	/* writers of secrets; softirq, innermost */

/* The secret of an epoch; false when it has made no cookie, or long ago */
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

/* The secret of the epoch that is now */
static void secret_now(u32 epoch, siphash_key_t *key)
{
	while (!secret_get(epoch, key))
		secret_draw(epoch);
}

/*
 * What binds a cookie to its connection, by @numbers, and to what it says. SipHash takes the
 * length of what it hashes into account, so that one kind says nothing of the other.
 */

/* Both words of the state, and our window scale, are short: two words of SipHash's do */
static u64 classic_hash(const siphash_key_t *secret, u64 numbers,
			const struct xtcp_syn_received *h, const struct xtcp_cookie *c)
{
	return siphash_2u64(numbers,
			    (u64)h->irs << 32 | h->rcv_wscale << 16 | xtcp_cookie_word(c),
			    secret);
}

static u64 sealed_hash(const siphash_key_t *secret, u64 numbers,
		       const struct xtcp_syn_received *h, u32 state)
{
	return siphash_3u64(numbers, (u64)h->irs << 32 | h->iss,
			    (u64)state << 32 | h->rcv_wscale, secret);
}

/* The SYN-ACK that is a classic cookie */
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

/* Has the peer offered to echo a cookie, and paid for the room that it takes? */
static bool wants_sealed(const struct sock *listener, const struct xtcp_seg *syn,
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

/* The SYN-ACK with a sealed cookie, which its peer will echo */
static void answer_sealed(const struct sock *listener, u64 numbers,
			  const struct xtcp_syn_received *h, u64 now, struct xtcp_out *out,
			  u8 *cookie)
{
	u32 state = xtcp_seal_pack(h, now);
	siphash_key_t secret;

	secret_now(xtcp_cookie_epoch(xtcp_seal_issued(state, now)), &secret);
	xtcp_seal_write(cookie, state, sealed_hash(&secret, numbers, h, state));
	out->opts.ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE;
	out->opts.cookie = cookie;
	xtcp_listen_count(listener, XTCP_LISTEN_echo_sent);
}

/**
 * struct cookie_record - a half-open record that is gone when its function returns
 * @r: record, never in the table
 * @addr6: IPv6: its addresses
 */
struct cookie_record {
	struct xtcp_request r;
	struct in6_addr addr6[2];
};

/**
 * xtcp_cookie_answer() - answer a SYN, and keep nothing of it
 * @listener: listening socket, not locked
 * @seg: the SYN
 * @key: the connection
 * @skb: its packet; consumed: it is what the answer goes in
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_cookie_answer(const struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, struct sk_buff *skb)
{
	u64 now = xtcp_now(), numbers = xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS);
	u8 cookie[XTCP_COOKIE_LEN];
	struct xtcp_answer answer;
	struct cookie_record c;
	struct xtcp_out out;

	xtcp_rcu_held();
	xtcp_request_agree(&c.r.half, listener, seg, key, skb,
			   xtcp_isn(now, xtcp_hash_isn(numbers)), now);
	xtcp_request_origin(&c.r, listener, key, skb, NULL);
	xtcp_syn_received_synack(&c.r.half, xtcp_stamp(now, xtcp_hash_stamp(numbers)), &out);
	if (wants_sealed(listener, seg, &out))
		answer_sealed(listener, numbers, &c.r.half, now, &out, cookie);
	else
		answer_classic(listener, numbers, &c.r.half, now, &out);
	answer = xtcp_request_answer(&c.r, listener);
	xtcp_reply_in(key, &answer, &out, skb);
	xtcp_kept_free(c.r.kept);
}

/* The rest of what was agreed follows from the third segment and our own settings */
static void cookie_return(struct xtcp_syn_received *h, const struct sock *listener,
			  const struct xtcp_seg *seg, const struct xtcp_key *key,
			  const struct sk_buff *skb, u64 now)
{
	xtcp_syn_received_return(h, seg, xtcp_request_adv_mss(listener, skb, key),
			     READ_ONCE(listener->sk_rcvbuf) / 2,
			     &xtcp_net(key->net)->knobs, now);
}

/* What the classic cookie that @seg acknowledges has kept, into @h. Returns false when
 * it is none
 */
static bool return_classic(struct xtcp_syn_received *h, const struct sock *listener,
			   const struct xtcp_seg *seg, const struct xtcp_key *key,
			   const struct sk_buff *skb, u64 now)
{
	siphash_key_t secret;
	struct xtcp_cookie c;

	/* none can be valid where none was given out */
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

/* What the sealed cookie in @seg has kept, into @h; and whether that is to be believed */
static enum xtcp_seal_verdict return_sealed(struct xtcp_syn_received *h,
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
	return xtcp_seal_check(seg, sealed_hash(&secret,
						xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS),
						h, state), now);
}

/* A socket of what a cookie has brought back, in the table; NULL when it could not be
 * made, or another processor was quicker with a copy of the segment
 */
static struct sock *cookie_child(struct sock *listener, struct cookie_record *c,
				 struct sk_buff *skb, const struct xtcp_key *key)
{
	struct sock *child;

	BUILD_BUG_ON(offsetof(struct cookie_record, addr6) !=
		     offsetofend(struct cookie_record, r.entry));
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

/* The third segment of a connection of which nothing was kept; consumes @skb */
static void cookie_establish(struct sock *listener, struct cookie_record *c,
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

/* A segment that echoes, or says so. It is never answered by RST when it is refused: its
 * sender waits, and sends the segment again that carries the right numbers; who forges
 * learns nothing. Consumes @skb
 */
static void cookie_echoed(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
			  const struct xtcp_key *key)
{
	struct cookie_record c;

	if (seg->opts.ext & XTCP_EXT_CUT) {
		xtcp_listen_count(listener, XTCP_LISTEN_echo_cut);
		xtcp_skb_free(skb, XTCP_REFUSED_COOKIE);
		return;
	}
	switch (return_sealed(&c.r.half, listener, seg, key, skb, xtcp_now())) {
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
 * xtcp_cookie_rcv() - an ACK of no connection that we know: does a cookie bring one back?
 * @listener: listening socket, not locked
 * @skb: packet, data at the transport header; consumed when true is returned
 * @seg: its segment, with ACK, without SYN and RST
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 * Return: false when it has nothing to do with cookies, and is to be refused.
 */
bool xtcp_cookie_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key)
{
	struct cookie_record c;

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
