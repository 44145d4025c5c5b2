// SPDX-License-Identifier: GPL-2.0
/*
 * send(): the program's bytes go into buffers of up to 64 KiB at the end of the send queue
 * (RFC 9293 section 3.10.2). The core decides when to send what.
 */
#include <linux/sched/signal.h>
#include "buffer.h"
#include "input.h"
#include "sendmsg.h"
#include "sndqueue.h"
#include "sock.h"

#define BUFFER_MAX	(64U << 10)

/* A buffer holds whole segments, so that the last one before the next buffer is not small */
static u32 send_goal(const struct xtcp_tcb *t)
{
	return rounddown(BUFFER_MAX, clamp_t(u32, t->snd_mss, 1, BUFFER_MAX));
}

/* The last buffer, if nothing of it has been sent and it has room */
static struct sk_buff *send_tail(struct sock *sk, u32 goal)
{
	struct xtcp_rec *rec = xtcp_sk(sk)->tcb.sendq.tail;

	if (!rec || rec->marks || rec->flags & (XTCP_REC_SYN | XTCP_REC_FIN))
		return NULL;
	return xtcp_rec_len(rec) < goal ? xtcp_rec_skb(rec) : NULL;
}

/* A new buffer: charged, but not yet in the queue */
static struct sk_buff *send_new(struct sock *sk)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	struct sk_buff *skb;
	struct xtcp_rec *rec;

	skb = alloc_skb_fclone(MAX_HEADER + XTCP_HDR_MAX, sk->sk_allocation);
	if (!skb)
		return NULL;
	if (!xtcp_sndbuf_take(sk, skb->truesize)) {
		kfree_skb(skb);
		return NULL;
	}
	skb_reserve(skb, MAX_HEADER + XTCP_HDR_MAX);
	skb->ip_summed = CHECKSUM_PARTIAL;	/* no checksum while copying */
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	rec = xtcp_skb_rec(skb);
	memset(rec, 0, sizeof(*rec));
	rec->seq = t->write_seq;
	rec->end_seq = t->write_seq;
	return skb;
}

static void send_free(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_rec *rec = xtcp_skb_rec(skb);

	rec->next = NULL;
	xtcp_free_chain(sk, rec);
}

/* Copy what fits into @skb, up to @goal bytes in all. Return: bytes, 0 when it is full, -ENOMEM
 * when memory is short, or -EFAULT
 */
static int send_copy(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 goal)
{
	struct page_frag *frag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags, copy, err;
	bool merge;

	if (!sk_page_frag_refill(sk, frag))
		return -ENOMEM;
	merge = skb_can_coalesce(skb, i, frag->page, frag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return 0;
	copy = min_t(size_t, msg_data_left(msg), frag->size - frag->offset);
	copy = min_t(int, copy, goal - skb->len);
	copy = xtcp_sndbuf_take(sk, copy);
	if (!copy)
		return -ENOMEM;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, frag->page,
				       frag->offset, copy);
	if (err)
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], copy);
	} else {
		skb_fill_page_desc(skb, i, frag->page, frag->offset, copy);
		get_page(frag->page);
	}
	frag->offset += copy;
	return copy;
}

/* Queue some of the message. Return: bytes, or a negative errno; -ENOMEM: wait for memory */
static int send_some(struct sock *sk, struct msghdr *msg)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	u32 goal = send_goal(t);
	struct sk_buff *skb = send_tail(sk, goal);
	bool fresh = false;
	int copied = 0;

	if (skb)
		copied = send_copy(sk, skb, msg, goal);
	if (!skb || !copied) {
		if (!sk_stream_memory_free(sk))
			return -ENOMEM;
		skb = send_new(sk);
		if (!skb)
			return -ENOMEM;
		fresh = true;
		copied = send_copy(sk, skb, msg, goal);
	}
	if (copied <= 0) {
		if (fresh)
			send_free(sk, skb);
		return copied ? copied : -ENOMEM;
	}
	if (fresh)
		xtcp_sendq_append(&t->sendq, xtcp_skb_rec(skb));
	xtcp_write(t, xtcp_skb_rec(skb), copied);
	return copied;
}

/* Let the core send. With @push, the last byte so far gets PSH; without, more bytes follow at
 * once, and a small segment waits for them
 */
static void send_push(struct sock *sk, bool push)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	struct xtcp_rec *rec = t->sendq.tail;
	bool cork = t->cork;

	if (push && rec && !(rec->flags & (XTCP_REC_SYN | XTCP_REC_FIN)))
		rec->flags |= XTCP_REC_PSH;
	t->cork = cork || !push;
	xtcp_event_kind(sk, XTCP_EV_SEND);
	t->cork = cork;
}

static int send_wait(struct sock *sk, long *timeo, bool pushed)
{
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	if (!pushed)
		send_push(sk, true);
	return sk_stream_wait_memory(sk, timeo);
}

/* Why nothing can be sent now: 0 or a negative errno */
static int send_check(struct sock *sk)
{
	if (READ_ONCE(sk->sk_err) || (sk->sk_shutdown & SEND_SHUTDOWN))
		return -EPIPE;
	return 0;
}

/* Queue the whole message, and wait for room where necessary. Return: 0 or a negative errno;
 * *@copied is valid in any case
 */
static int send_all(struct sock *sk, struct msghdr *msg, long *timeo, size_t *copied)
{
	u32 unpushed = 0;
	int n;

	while (msg_data_left(msg)) {
		int err = send_check(sk);

		if (err)
			return err;
		n = send_some(sk, msg);
		if (n == -ENOMEM) {
			err = send_wait(sk, timeo, !unpushed);
			if (err)
				return err;
			unpushed = 0;
			continue;
		}
		if (n < 0)
			return n;
		*copied += n;
		unpushed += n;
		if (unpushed >= BUFFER_MAX) {	/* send while the rest is copied */
			send_push(sk, false);
			unpushed = 0;
		}
	}
	return 0;
}

/* Control messages have no effect on a stream, but must be valid. All errors are -EINVAL, as
 * in the kernel's TCP
 */
static int send_control(struct sock *sk, struct msghdr *msg)
{
	struct sockcm_cookie unused;

	if (!msg->msg_controllen)
		return 0;
	sockcm_init(&unused, sk);
	return sock_cmsg_send(sk, msg, &unused) ? -EINVAL : 0;
}

/* The whole message is queued: send it */
static void send_finish(struct sock *sk, int flags)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	if (flags & MSG_OOB)
		xtcp_write_urgent(t);
	send_push(sk, !t->cork && !(flags & MSG_MORE));
}

static int sendmsg_locked(struct sock *sk, struct msghdr *msg)
{
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	int connection = sk->sk_disconnects;
	size_t copied = 0;
	int err = 0;

	if ((1 << sk->sk_state) & ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		err = sk_stream_wait_connect(sk, &timeo);
	if (!err)
		err = send_control(sk, msg);
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (!err)
		err = send_check(sk);
	if (!err)
		err = send_all(sk, msg, &timeo, &copied);
	/* if the socket was disconnected while we slept, its next connection is not ours to push */
	if (copied && connection == sk->sk_disconnects)
		send_finish(sk, msg->msg_flags);
	if (copied)
		return copied;
	return err ? sk_stream_error(sk, msg->msg_flags, err) : 0;
}

/**
 * xtcp_sendmsg() - proto.sendmsg
 * @sk: socket
 * @msg: message; a destination address is ignored, as by TCP
 * @len: its length, which @msg has, too
 *
 * Context: process.
 * Return: bytes queued, or a negative errno (-EPIPE with SIGPIPE, -EAGAIN,
 * -EOPNOTSUPP...).
 */
int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int ret;

	if (unlikely(msg->msg_flags & MSG_FASTOPEN))
		return -EOPNOTSUPP;	/* no RFC 7413; programs fall back to connect() */
	lock_sock(sk);
	ret = sendmsg_locked(sk, msg);
	/* an edge-triggered writer that got EAGAIN must be woken */
	if (ret == -EAGAIN && !sk->sk_wmem_queued)
		sk->sk_write_space(sk);
	release_sock(sk);
	return ret;
}
