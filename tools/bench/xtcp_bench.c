// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp_bench: the cost of a request, a connection and a KiB, for any protocol
 *
 *   xtcp_bench rr|conn|bulk PROTOCOL ADDRESS PORT COUNT WARMUP SEED [NETNS]
 *   xtcp_bench write PROTOCOL ADDRESS PORT COUNT WARMUP SEED NETNS|- HEAD SIZE NODELAY
 *
 *   rr    COUNT requests of one byte, each answered by one byte
 *   conn  COUNT times connect, accept, request, response, close
 *   bulk  COUNT KiB in one direction, in writes of 64 KiB
 *   write COUNT times a write of HEAD bytes, if any, and one of SIZE; the last byte is
 *         answered by one byte: how long a message takes, waiting included
 *
 * One static program for all protocols, so that only the protocol differs. Two processes,
 * client and server, use blocking calls, as ordinary programs do; NETNS, a name of
 * ip-netns(8), is the server's namespace. After WARMUP rounds the clock is read around COUNT
 * more. Prints nanoseconds for one request, connection or KiB, both ends together: in a
 * machine that counts (vm.sh --icount) these are instructions.
 *
 * SEED shifts the bytes that are sent, the alignment of the buffers and the start of the
 * run relative to the timer tick.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536

/*
 * A profiler that sees instructions knows by these two what to count; for the CPU they are
 * nops.
 */
#define MARK_START() asm volatile(".byte 0x0f,0x1f,0x80,0x01,0x50,0x43,0x58")
#define MARK_STOP() asm volatile(".byte 0x0f,0x1f,0x80,0x02,0x50,0x43,0x58")

static int protocol;
static struct sockaddr_in where;
static unsigned long count, warmup, seed;
static size_t head, size;	/* of a message: its two writes */
static int nodelay = 1;
static char *buffer;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int stream(void)
{
	int s = socket(AF_INET, SOCK_STREAM, protocol);

	if (s < 0)
		err(1, "socket of protocol %d", protocol);
	return s;
}

static int dial(void)
{
	int s = stream();

	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay));
	if (connect(s, (struct sockaddr *)&where, sizeof(where)))
		err(1, "connect");
	return s;
}

static int answer(int listener)
{
	int s = accept(listener, NULL, NULL);

	if (s < 0)
		err(1, "accept");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay));
	return s;
}

static void put(int s, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = send(s, buffer + done, length - done, MSG_NOSIGNAL);

		if (n <= 0)
			err(1, "send");
		done += n;
	}
}

/* Take up to length bytes; 0 at the end of the stream. */
static size_t take(int s, size_t length)
{
	ssize_t n = recv(s, buffer, length, 0);

	if (n < 0)
		err(1, "recv");
	return n;
}

static void must_take(int s)
{
	if (take(s, 1) != 1)
		errx(1, "the stream ended early");
}

/* --- request and response ------------------------------------------------- */

static void rr_serve(int listener)
{
	int s = answer(listener);

	while (take(s, 1))
		put(s, 1);
	close(s);
}

static void rr_client(int s, unsigned long n)
{
	while (n--) {
		put(s, 1);
		must_take(s);
	}
}

/* --- connections ------------------------------------------------------------ */

static void conn_serve(int listener)
{
	for (unsigned long n = warmup + count; n; n--)
		rr_serve(listener);
}

static void conn_client(unsigned long n)
{
	while (n--) {
		int s = dial();

		rr_client(s, 1);
		close(s);
	}
}

/* --- bulk --------------------------------------------------------------------- */

static void bulk_serve(int listener)
{
	uint64_t left[2] = { warmup * 1024, count * 1024 };
	int s = answer(listener);

	for (int part = 0; part < 2; part++) {
		while (left[part]) {
			size_t n = take(s, left[part] < CHUNK ? left[part] : CHUNK);

			if (!n)
				errx(1, "the stream ended early");
			left[part] -= n;
		}
		put(s, 1);
	}
	close(s);
}

/* The last byte of each part is answered by one byte, so that nothing is in flight. */
static void bulk_client(int s, unsigned long kib)
{
	for (uint64_t left = kib * 1024; left;) {
		size_t n = left < CHUNK ? left : CHUNK;

		put(s, n);
		left -= n;
	}
	must_take(s);
}

/* --- messages ------------------------------------------------------------------- */

static void write_serve(int listener)
{
	int s = answer(listener);

	for (unsigned long n = warmup + count; n; n--) {
		for (size_t left = head + size; left;) {
			size_t got = take(s, left < CHUNK ? left : CHUNK);

			if (!got)
				errx(1, "the stream ended early");
			left -= got;
		}
		put(s, 1);
	}
	close(s);
}

static void write_client(int s, unsigned long n)
{
	while (n--) {
		if (head)
			put(s, head);
		put(s, size);
		must_take(s);
	}
}

/* -------------------------------------------------------------------------------- */

static void (*serve)(int listener);

static void client(const char *what, unsigned long n, int s)
{
	if (serve == conn_serve)
		conn_client(n);
	else if (serve == rr_serve)
		rr_client(s, n);
	else if (serve == bulk_serve)
		bulk_client(s, n);
	else if (serve == write_serve)
		write_client(s, n);
	else
		errx(2, "no benchmark '%s'", what);
}

/* Run the server in its own process; returns when it listens. */
static pid_t start_server(const char *netns)
{
	int ready[2], one = 1;
	char byte = 0;
	pid_t pid;

	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		char path[256];
		int listener;

		close(ready[0]);
		snprintf(path, sizeof(path), "/run/netns/%s", netns ? netns : "");
		if (netns && setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNET))
			err(1, "namespace %s", netns);
		listener = stream();
		setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(listener, (struct sockaddr *)&where, sizeof(where)) ||
		    listen(listener, 128))
			err(1, "listen");
		if (write(ready[1], &byte, 1) != 1)
			err(1, "pipe");
		serve(listener);
		exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(1, "the server did not start");
	close(ready[0]);
	return pid;
}

static void find_benchmark(const char *name)
{
	if (!strcmp(name, "rr"))
		serve = rr_serve;
	else if (!strcmp(name, "conn"))
		serve = conn_serve;
	else if (!strcmp(name, "bulk"))
		serve = bulk_serve;
	else if (!strcmp(name, "write"))
		serve = write_serve;
	else
		errx(2, "no benchmark '%s'", name);
}

/* Start at another moment and with other addresses than the last seed. */
static void apply_seed(void)
{
	uint64_t until = now() + seed * 777777 % 4000000;
	size_t length = size > CHUNK ? size : CHUNK;
	char *room = malloc(length + 8192);

	if (!room)
		err(1, "malloc");
	buffer = room + seed * 64 % 4096;
	memset(buffer, 'a' + seed % 26, length);
	while (now() < until)
		;
}

static void say_usage(void)
{
	errx(2, "usage: rr|conn|bulk PROTOCOL ADDRESS PORT COUNT WARMUP SEED [NETNS]\n"
	     "       write PROTOCOL ADDRESS PORT COUNT WARMUP SEED NETNS|- HEAD SIZE NODELAY");
}

int main(int argc, char **argv)
{
	const char *netns;
	int status, s = -1;
	uint64_t start;
	pid_t server;

	if (argc < 8)
		say_usage();
	find_benchmark(argv[1]);
	protocol = atoi(argv[2]);
	where.sin_family = AF_INET;
	if (!inet_aton(argv[3], &where.sin_addr))
		errx(2, "no address: %s", argv[3]);
	where.sin_port = htons(atoi(argv[4]));
	count = strtoul(argv[5], NULL, 0);
	warmup = strtoul(argv[6], NULL, 0);
	seed = strtoul(argv[7], NULL, 0);

	netns = argc > 8 && strcmp(argv[8], "-") ? argv[8] : NULL;
	if (serve == write_serve) {
		if (argc != 12)
			say_usage();
		head = strtoul(argv[9], NULL, 0);
		size = strtoul(argv[10], NULL, 0);
		nodelay = atoi(argv[11]);
		if (!size || head > CHUNK)
			say_usage();
	}

	apply_seed();
	server = start_server(netns);
	if (serve != conn_serve)
		s = dial();
	client(argv[1], warmup, s);
	MARK_START();
	start = now();
	client(argv[1], count, s);
	start = now() - start;
	MARK_STOP();
	if (s >= 0)
		close(s);
	if (waitpid(server, &status, 0) != server || status)
		errx(1, "the server failed");
	printf("%.1f\n", (double)start / count);
	return 0;
}
