// SPDX-License-Identifier: GPL-2.0
/*
 * flood WHAT PROTOCOL DEVICE MAC ADDRESS PORT COUNT SECONDS SEED [RATE]: segments with
 * forged sources, sent on a device as frames for MAC, until COUNT are sent or SECONDS are
 * over; RATE per millisecond, or as fast as possible. Prints how many, and in how many
 * nanoseconds; in a counting machine these are instructions. Virtual time stands still while
 * the program works, so a rate is needed there.
 *
 *   syn     SYNs from anywhere, with the options that Linux sends
 *   offer   the same, and the offer to echo a cookie
 *   prefix  as syn, from 254 addresses that are next to each other
 *   ack     ACKs with random numbers, as if they acknowledged a cookie
 *   echo    ACKs that echo a random cookie
 *
 * Addresses are from 198.18.0.0/15 and 2001:2::/48, which are for benchmarks. A veth delivers
 * each frame before the next one is sent, unless the processor's receive queue is full, as
 * when the kernel's TCP retransmits a thousand SYN-ACKs in one tick: then the program waits
 * until there is room.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SYN 0x02
#define ACK 0x10

static const uint8_t linux_options[20] = {
	2, 4, 1460 >> 8, 1460 & 0xff,
	4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0,
	1, 3, 3, 7,
};

static const uint8_t stamp_option[12] = { 1, 1, 8, 10, 0, 0, 1, 1, 0, 0, 1, 0 };
static const uint8_t our_option[20] = { 254, 20, 0x78, 0x63, 0x11 };

enum kind {
	KIND_SYN,
	KIND_OFFER,
	KIND_PREFIX,
	KIND_ACK,
	KIND_ECHO,
	KINDS
};

static const char * const kinds[KINDS] = { "syn", "offer", "prefix", "ack", "echo" };

struct frame {
	uint8_t bytes[14 + 40 + 60];
	uint8_t *ip, *tcp;
	size_t ip_len, tcp_len;
	bool six;
	uint8_t protocol;
};

static uint64_t state;

/* xorshift64* */
static uint32_t draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 32);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint32_t sum(const uint8_t *p, size_t length, uint32_t total)
{
	for (; length > 1; p += 2, length -= 2)
		total += p[0] << 8 | p[1];
	return total;
}

static void put_sum(uint8_t *at, uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	at[0] = ~total >> 8;
	at[1] = ~total;
}

static void put32(uint8_t *p, uint32_t value)
{
	value = htonl(value);
	memcpy(p, &value, 4);
}

static void add_options(struct frame *f, const uint8_t *options, size_t length)
{
	memcpy(f->tcp + f->tcp_len, options, length);
	f->tcp_len += length;
}

/* The part of a frame that is the same in all of them */
static void prepare(struct frame *f, enum kind k, const char *mac, const char *address,
		    int port)
{
	unsigned int byte[6];

	if (sscanf(mac, "%x:%x:%x:%x:%x:%x", byte, byte + 1, byte + 2, byte + 3, byte + 4,
		   byte + 5) != 6)
		errx(2, "%s is no hardware address", mac);
	for (int i = 0; i < 6; i++)
		f->bytes[i] = byte[i];
	f->bytes[6] = 2;
	f->six = strchr(address, ':');
	f->bytes[12] = (f->six ? ETHERTYPE_IPV6 : ETHERTYPE_IP) >> 8;
	f->bytes[13] = (f->six ? ETHERTYPE_IPV6 : ETHERTYPE_IP) & 0xff;
	f->ip = f->bytes + 14;
	f->ip_len = f->six ? 40 : 20;
	f->tcp = f->ip + f->ip_len;
	f->tcp_len = 20;

	switch (k) {
	case KIND_SYN:
	case KIND_PREFIX:
		add_options(f, linux_options, sizeof(linux_options));
		break;
	case KIND_OFFER:
		add_options(f, linux_options, sizeof(linux_options));
		add_options(f, our_option, sizeof(our_option));
		break;
	case KIND_ACK:
		add_options(f, stamp_option, sizeof(stamp_option));
		break;
	case KIND_ECHO:
		add_options(f, stamp_option, sizeof(stamp_option));
		add_options(f, our_option, sizeof(our_option));
		break;
	case KINDS:
		break;
	}
	f->tcp[2] = port >> 8;
	f->tcp[3] = port;
	f->tcp[12] = f->tcp_len / 4 << 4;
	f->tcp[13] = k == KIND_ACK || k == KIND_ECHO ? ACK : SYN;
	f->tcp[14] = 0xfa;

	if (f->six) {
		memcpy(f->ip, (uint8_t[]){ 0x60, 0, 0, 0, 0, f->tcp_len, f->protocol, 64 }, 8);
		memcpy(f->ip + 8, (uint8_t[]){ 0x20, 1, 0, 2 }, 4);
		if (inet_pton(AF_INET6, address, f->ip + 24) != 1)
			errx(2, "%s is no address", address);
	} else {
		memcpy(f->ip, (uint8_t[]){ 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, f->protocol }, 10);
		f->ip[3] = 20 + f->tcp_len;
		f->ip[12] = 198;
		if (inet_pton(AF_INET, address, f->ip + 16) != 1)
			errx(2, "%s is no address", address);
	}
}

/* The part that differs from one frame to the next */
static void vary(struct frame *f, enum kind k)
{
	uint8_t *source = f->six ? f->ip + 20 : f->ip + 12;
	uint32_t random = draw();

	if (k == KIND_PREFIX)
		random = random % 254 + 1;
	if (f->six) {
		put32(source, random);
	} else {
		source[1] = 18 + (random >> 16 & 1);
		source[2] = random >> 8;
		source[3] = random;
	}
	random = draw();
	f->tcp[0] = 0x40 | (random & 0x3f);
	f->tcp[1] = random >> 8;
	put32(f->tcp + 4, draw());
	if (k == KIND_ACK || k == KIND_ECHO)
		put32(f->tcp + 8, draw());
	for (int i = 0; k == KIND_ECHO && i < 12; i += 4)
		put32(f->tcp + 20 + 12 + 8 + i, draw());

	if (!f->six) {
		memset(f->ip + 10, 0, 2);
		put_sum(f->ip + 10, sum(f->ip, 20, 0));
	}
	memset(f->tcp + 16, 0, 2);
	random = sum(f->ip + (f->six ? 8 : 12), f->six ? 32 : 8, f->protocol + f->tcp_len);
	put_sum(f->tcp + 16, sum(f->tcp, f->tcp_len, random));
}

static int device(const char *name)
{
	struct sockaddr_ll there = {
		.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd < 0 || !there.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&there, sizeof(there)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		err(1, "%s", name);
	return fd;
}

/* Send a frame; false when there was no room for it until @end */
static bool put(int fd, const struct frame *f, uint64_t end)
{
	while (send(fd, f->bytes, f->tcp + f->tcp_len - f->bytes, 0) < 0) {
		if (errno != ENOBUFS)
			err(1, "send");
		if (now() >= end)
			return false;
		sched_yield();
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct frame f;
	unsigned long count, rate, sent = 0;
	uint64_t begin, end;
	unsigned int kind;
	int fd;

	if (argc != 10 && argc != 11)
		errx(2, "usage: WHAT PROTOCOL DEVICE MAC ADDRESS PORT COUNT SECONDS SEED [RATE]");
	for (kind = 0; strcmp(argv[1], kinds[kind]);)
		if (++kind == KINDS)
			errx(2, "nothing of the name");
	f.protocol = atoi(argv[2]);
	fd = device(argv[3]);
	prepare(&f, kind, argv[4], argv[5], atoi(argv[6]));
	count = strtoul(argv[7], NULL, 0);
	rate = argc > 10 ? strtoul(argv[10], NULL, 0) : 0;
	state = strtoul(argv[9], NULL, 0) * 0x9e3779b97f4a7c15ULL | 1;
	begin = now();
	end = begin + strtoul(argv[8], NULL, 0) * 1000000000ull;
	while (sent < count && ((sent & 63) || now() < end)) {
		vary(&f, kind);
		if (!put(fd, &f, end))
			break;
		sent++;
		if (rate && !(sent % rate))
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	printf("%lu %llu\n", sent, (unsigned long long)(now() - begin));
	return 0;
}
