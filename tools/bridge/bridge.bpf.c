// SPDX-License-Identifier: GPL-2.0
/*
 * The bridge between protocol 253 and protocol 6, for tc's direct action.
 *
 * A segment of xtcp and one of TCP differ in two places: the protocol number in the IP
 * header, and the checksum, which covers that number in its pseudo-header. So the bridge
 * keeps no state:
 *
 *	     IPv4                            IPv6
 *	| ... ttl | 253 -> 6 |          | ... next header 253 -> 6 |
 *	| header checksum    | fixed    | extension headers        | walked
 *	| ports, numbers     |          | ports, numbers           |
 *	| checksum           | fixed    | checksum                 | fixed
 *
 * An ICMP error quotes the packet that caused it, which its sender knows by the other
 * number. So the quote is translated as well, and the error's own checksum is updated for
 * all changes in it (RFC 792, RFC 4443, RFC 5508 section 4.2).
 *
 * All checksums are updated incrementally (RFC 1624): a wrong one stays wrong.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define XTCP_PROTOCOL	253
#define CHECK_OFFSET	16		/* of the checksum in the TCP header */
#define HEADERS_MAX	8		/* extension headers that are walked at most */
#define FRAGMENT_UNIT	8		/* unit of IPv4's fragment offset, bytes */
#define FRAGMENT_MASK4	0x1fff
#define FRAGMENT_MASK6	0xfff8

/* ICMP and ICMPv6 begin alike (RFC 792, RFC 4443): type, code, checksum, a word, the quote */
#define ICMP_CHECK_OFFSET	2
#define ICMP_QUOTE_OFFSET	8
#define ICMP_UNREACHABLE	3
#define ICMP_SOURCE_QUENCH	4
#define ICMP_REDIRECT		5
#define ICMP_TIME_EXCEEDED	11
#define ICMP_PARAMETER_PROBLEM	12
#define ICMPV6_INFORMATION	128	/* errors are the types below */

/* What the IP header says of its payload. Offsets count from the start of the frame */
struct found {
	__u32 version;		/* 4 or 6 */
	__u32 ip;		/* offset of the IP header */
	__u32 number_at;	/* offset of the protocol number */
	__u32 number;		/* the protocol number */
	__u32 payload;		/* offset of that protocol's data */
	__u32 skipped;		/* bytes of it in earlier fragments */
	__u32 end;		/* end of the packet, without link-layer padding */
};

/* The two protocol numbers: one becomes the other */
struct change {
	__u32 from;
	__u32 to;
};

/* Length 0: the packet is too large for the field; such packets exist only inside a host */
static __always_inline __u32 end_of(const struct __sk_buff *skb, __u32 start, __u32 len)
{
	return len && start + len < skb->len ? start + len : skb->len;
}

static __always_inline bool find_v4(struct __sk_buff *skb, __u32 at, struct found *f)
{
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
		return false;
	f->version = 4;
	f->ip = at;
	f->number_at = at + offsetof(struct iphdr, protocol);
	f->number = ip.protocol;
	f->payload = at + ip.ihl * 4;
	f->skipped = (bpf_ntohs(ip.frag_off) & FRAGMENT_MASK4) * FRAGMENT_UNIT;
	f->end = end_of(skb, at, bpf_ntohs(ip.tot_len));
	return true;
}

/* Step over one extension header. A later fragment has no further headers */
static __always_inline bool skip_header(struct __sk_buff *skb, struct found *f)
{
	struct {
		__u8 next;
		__u8 len;
		__be16 offset;
	} header;

	if (f->skipped)
		return false;
	if (f->number != IPPROTO_HOPOPTS && f->number != IPPROTO_ROUTING &&
	    f->number != IPPROTO_DSTOPTS && f->number != IPPROTO_FRAGMENT)
		return false;
	if (bpf_skb_load_bytes(skb, f->payload, &header, sizeof(header)))
		return false;
	f->number_at = f->payload;
	if (f->number == IPPROTO_FRAGMENT) {
		f->skipped = bpf_ntohs(header.offset) & FRAGMENT_MASK6;
		f->payload += 8;
	} else {
		f->payload += (header.len + 1) * 8;
	}
	f->number = header.next;
	return true;
}

static __always_inline bool find_v6(struct __sk_buff *skb, __u32 at, struct found *f)
{
	struct ipv6hdr ip;
	int i;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) || ip.version != 6)
		return false;
	f->version = 6;
	f->ip = at;
	f->number_at = at + offsetof(struct ipv6hdr, nexthdr);
	f->number = ip.nexthdr;
	f->payload = at + sizeof(ip);
	f->skipped = 0;
	f->end = end_of(skb, f->payload, bpf_ntohs(ip.payload_len));
	for (i = 0; i < HEADERS_MAX; i++) {
		if (!skip_header(skb, f))
			break;
	}
	return true;
}

static __always_inline bool find(struct __sk_buff *skb, __u32 at, struct found *f)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return find_v4(skb, at, f);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return find_v6(skb, at, f);
	return false;
}

/* Offset of TCP's checksum; 0 if this packet does not contain it: a later fragment, or a quote
 * that ends before it. Fragments are cut at multiples of 8, so it is never split.
 */
static __always_inline __u32 check_at(const struct found *f)
{
	__u32 at;

	if (f->skipped > CHECK_OFFSET)
		return 0;
	at = f->payload + CHECK_OFFSET - f->skipped;
	return at + sizeof(__sum16) <= f->end ? at : 0;
}

/* The IPv4 header has its own checksum. For IPv6 the device may have summed all that follows
 * the header, extension headers included: RECOMPUTE updates that sum in the kernel.
 */
static __always_inline long write_number(struct __sk_buff *skb, const struct found *f,
					 const struct change *c)
{
	__u8 to = c->to;

	if (f->version == 6)
		return bpf_skb_store_bytes(skb, f->number_at, &to, 1, BPF_F_RECOMPUTE_CSUM);
	return bpf_l3_csum_replace(skb, f->ip + offsetof(struct iphdr, check),
				   bpf_htons(c->from), bpf_htons(c->to), 2) |
	       bpf_skb_store_bytes(skb, f->number_at, &to, 1, 0);
}

/* PSEUDO_HDR: the kernel knows whether the checksum is complete, or a seed for the device */
static __always_inline long change_segment(struct __sk_buff *skb, const struct found *f,
					   const struct change *c)
{
	__u32 at = check_at(f);
	long err = 0;

	if (at)
		err = bpf_l4_csum_replace(skb, at, bpf_htons(c->from), bpf_htons(c->to),
					  BPF_F_PSEUDO_HDR | 2);
	return err | write_number(skb, f, c);
}

/* RFC 1624, equation 3; the values are in network order, which makes no difference to the sum */
static __always_inline __u16 sum_replace(__u16 sum, __u16 from, __u16 to)
{
	__u32 total = (__u16)~sum + (__u16)~from + to;

	total = (total & 0xffff) + (total >> 16);
	return ~((total & 0xffff) + (total >> 16));
}

/* The quoted segment's own checksum, and its effect on the checksum of the error around it */
static __always_inline long change_quoted_check(struct __sk_buff *skb, const struct found *quote,
						const struct change *c, __u32 icmp_check)
{
	__u32 at = check_at(quote);
	__u16 was, is;

	if (!at || bpf_skb_load_bytes(skb, at, &was, sizeof(was)))
		return 0;
	is = sum_replace(was, bpf_htons(c->from), bpf_htons(c->to));
	return bpf_skb_store_bytes(skb, at, &is, sizeof(is), 0) |
	       bpf_l4_csum_replace(skb, icmp_check, was, is, 2);
}

/* A quoted IPv4 header adds up to the same as before, with its own checksum. In IPv6 the
 * protocol number is in the high byte of a word.
 */
static __always_inline long change_quote(struct __sk_buff *skb, const struct found *quote,
					 const struct change *c, __u32 icmp_check)
{
	__u8 to = c->to;
	long err;

	if (quote->version == 4)
		err = write_number(skb, quote, c);
	else
		err = bpf_skb_store_bytes(skb, quote->number_at, &to, 1, 0) |
		      bpf_l4_csum_replace(skb, icmp_check, bpf_htons(c->from << 8),
					  bpf_htons(c->to << 8), 2);
	return err | change_quoted_check(skb, quote, c, icmp_check);
}

static __always_inline bool is_error(const struct found *f, __u8 type)
{
	if (f->version == 6)
		return f->number == IPPROTO_ICMPV6 && type < ICMPV6_INFORMATION;
	return f->number == IPPROTO_ICMP &&
	       (type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH ||
		type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED ||
		type == ICMP_PARAMETER_PROBLEM);
}

static __always_inline long change_error(struct __sk_buff *skb, const struct found *f,
					 const struct change *c)
{
	struct found quote;
	__u8 type;

	if (f->skipped || bpf_skb_load_bytes(skb, f->payload, &type, 1) || !is_error(f, type) ||
	    !find(skb, f->payload + ICMP_QUOTE_OFFSET, &quote) || quote.number != c->from)
		return 0;
	if (quote.end > f->end)
		quote.end = f->end;
	return change_quote(skb, &quote, c, f->payload + ICMP_CHECK_OFFSET);
}

/* A packet that could be changed only in part is dropped; later filters see the others */
static __always_inline int bridge(struct __sk_buff *skb, __u32 from, __u32 to)
{
	struct change c = { .from = from, .to = to };
	struct found f;
	long err = 0;

	if (!find(skb, ETH_HLEN, &f))
		return TC_ACT_UNSPEC;
	if (f.number == from)
		err = change_segment(skb, &f, &c);
	else if (f.number == IPPROTO_ICMP || f.number == IPPROTO_ICMPV6)
		err = change_error(skb, &f, &c);
	return err ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("to-tcp")
int to_tcp(struct __sk_buff *skb)
{
	return bridge(skb, XTCP_PROTOCOL, IPPROTO_TCP);
}

SEC("to-xtcp")
int to_xtcp(struct __sk_buff *skb)
{
	return bridge(skb, IPPROTO_TCP, XTCP_PROTOCOL);
}

/* Not for direct action: does a packet hold several TCP segments (GSO), which the kernel could
 * not segment any more under another protocol number?
 */
SEC("is-several")
int is_several(struct __sk_buff *skb)
{
	struct found f;

	return skb->gso_size && find(skb, ETH_HLEN, &f) && f.number == IPPROTO_TCP ? -1 : 0;
}

char bridge_license[] SEC("license") = "GPL";
