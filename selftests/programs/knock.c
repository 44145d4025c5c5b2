// SPDX-License-Identifier: GPL-2.0
/*
 * knock SEED OPERATIONS THREADS BRIEF PORT...: unsolicited traffic. Threads that send
 * random segments to the ports, as root by raw sockets, so that connections
 * of the ports are hit at times; that open connections to them and close them at once,
 * BRIEF times in 100; and that read the views.
 *
 * It expects no replies: the module may even be unloaded. But a socket pins the
 * module until an RCU grace period after its end: with BRIEF above 0 unloading may never succeed.
 */
#include "stress.h"

#define PEER_PORT	20000
#define PEER_PORTS	64

struct header {
	uint16_t source, dest;
	uint32_t seq, ack;
	uint8_t offset, flags;
	uint16_t window, check, urgent;
};

static int ports[16];
static unsigned int count, briefs;
static int raw;

/* The internet checksum over words of host memory */
static uint32_t sum(uint32_t total, const void *data, size_t len)
{
	const uint16_t *word = data;

	for (; len > 1; len -= 2)
		total += *word++;
	return total;
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return ~total;
}

/* A segment over the loopback, from one of a few ports, so that some meet a connection */
static void segment(struct thread *t)
{
	static const uint8_t flags[] = { 2, 2, 2, 16, 16, 4, 17, 18, 24, 20 };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct header h = {
		.source = htons(PEER_PORT + draw(t, PEER_PORTS)),
		.dest = htons(ports[draw(t, count)]),
		.seq = draw(t, UINT32_MAX), .ack = draw(t, UINT32_MAX),
		.offset = 5 << 4, .flags = flags[draw(t, sizeof(flags))],
		.window = htons(5000),
	};
	struct {
		uint32_t from, to;
		uint16_t proto, len;
	} pseudo = { to.sin_addr.s_addr, to.sin_addr.s_addr, htons(protocol),
		     htons(sizeof(h)) };

	h.check = fold(sum(sum(0, &pseudo, sizeof(pseudo)), &h, sizeof(h)));
	sendto(raw, &h, sizeof(h), MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
}

/* A connection that is closed: at once, or after the other side has seen it */
static void brief(struct thread *t)
{
	struct linger linger = { .l_onoff = 1 };
	int family = draw(t, 2) ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, protocol);
	struct sockaddr_storage to;
	socklen_t len = loopback(&to, family, ports[draw(t, count)]);

	if (fd < 0) {
		nap(200);
		return;
	}
	if (draw(t, 2))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	connect(fd, (struct sockaddr *)&to, len);
	send(fd, &to, draw(t, sizeof(to)) + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (draw(t, 2))
		nap(100);
	close(fd);
}

static void view(struct thread *t)
{
	static const char * const names[] = {
		"/proc/thread-self/net/xtcp", "/proc/thread-self/net/xtcp6",
		"/proc/thread-self/net/xtcp_stat",
	};
	int fd = open(names[draw(t, ARRAY_SIZE(names))], O_RDONLY);
	char text[4096];

	if (fd < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void *run(void *arg)
{
	struct thread *t = arg;
	uint32_t what;

	for (; t->left > 0; t->left--) {
		what = draw(t, 100);
		if (what < 3)
			view(t);
		else if (what < 3 + briefs)
			brief(t);
		else
			segment(t);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long seed = number_of(argc, argv, 1, 1), many = number_of(argc, argv, 3, 2);
	struct thread *threads = calloc(many, sizeof(*threads));
	int i;

	if (!threads || argc < 6)
		die("usage: knock SEED OPERATIONS THREADS BRIEF PORT...");
	read_protocol();
	briefs = number_of(argc, argv, 4, 0);
	for (i = 5; i < argc && count < ARRAY_SIZE(ports); i++)
		ports[count++] = atoi(argv[i]);
	raw = socket(AF_INET, SOCK_RAW, protocol);
	if (raw < 0)
		die("raw socket");
	for (i = 0; i < many; i++)
		spawn(&threads[i], i, seed, number_of(argc, argv, 2, 10000), run);
	for (i = 0; i < many; i++)
		pthread_join(threads[i].id, NULL);
	return 0;
}
