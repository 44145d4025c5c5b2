/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the stress programs: random numbers that are the same in each run,
 * addresses of the loopback, threads with a bounded number of operations.
 */
#ifndef XTCP_STRESS_H
#define XTCP_STRESS_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* Set once by main() from $XTCP_PROTO: with 6, the kernel's own TCP */
static int protocol = 253;

struct thread {
	pthread_t id;
	int number;
	uint64_t state;		/* state of its random numbers */
	long left;		/* operations to do */
};

/* xorshift64*: below @n */
static inline uint32_t draw(struct thread *t, uint32_t n)
{
	t->state ^= t->state >> 12;
	t->state ^= t->state << 25;
	t->state ^= t->state >> 27;
	return (uint32_t)((t->state * 0x2545f4914f6cdd1dULL) >> 32) % n;
}

static inline void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf(" (errno %d: %s)\n", errno, strerror(errno));
	va_end(args);
	fflush(stdout);
	exit(1);
}

/* 127.0.0.1 or ::1; the length of the address */
static inline socklen_t loopback(struct sockaddr_storage *to, int family, int port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	struct sockaddr_in *four = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = family;
	if (family == AF_INET) {
		four->sin_port = htons(port);
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*four);
	}
	six->sin6_port = htons(port);
	six->sin6_addr = in6addr_loopback;
	return sizeof(*six);
}

/* Waits end after some ms, in real time, so no thread waits for ever */
static inline void impatient(int fd, int ms)
{
	struct timeval bound = { .tv_usec = ms * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof(bound));
}

static inline void nap(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

static inline void spawn(struct thread *t, int number, uint64_t seed, long left,
			 void *(*run)(void *t))
{
	t->number = number;
	t->state = (seed + 1) * 0x9e3779b97f4a7c15ULL + number;
	t->left = left;
	if (pthread_create(&t->id, NULL, run, t))
		die("pthread_create");
}

static inline long number_of(int argc, char **argv, int i, long fallback)
{
	return i < argc ? strtol(argv[i], NULL, 0) : fallback;
}

static inline void read_protocol(void)
{
	const char *text = getenv("XTCP_PROTO");

	if (text)
		protocol = atoi(text);
}

#endif /* XTCP_STRESS_H */
