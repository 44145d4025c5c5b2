// SPDX-License-Identifier: GPL-2.0
/*
 * echo SEED OPERATIONS THREADS PORT: threads that listen on PORT, PORT + 1... of the
 * loopback and return what they receive, and as many that connect to them, write bytes
 * that follow from the seed, compare what comes back, and close in every possible way.
 *
 * A connection may be refused or reset: the module may be reloaded, memory may fail.
 * Data must arrive unchanged, and calls may fail only with errors of connections.
 * OPERATIONS is the number of connections of each client; 0: until killed. "up"
 * is printed when all listen, and a line for each 20 successful connections.
 */
#include "stress.h"
#include <signal.h>

#define CHUNK	20000

static int first_port;
static uint64_t seed;
static long whole, broken, wrong;
static int stop;

static const int usual[] = {
	EAGAIN, EINPROGRESS, ECONNREFUSED, ECONNRESET, ECONNABORTED, EPIPE, ETIMEDOUT,
	ENOTCONN, EADDRNOTAVAIL, ENOBUFS, ENOMEM, EPROTONOSUPPORT, ENETUNREACH, EINTR,
	EADDRINUSE, EALREADY, EINVAL,
};

/* A call failed, so the connection is lost; an unexpected errno is a failure */
static void lost(const char *call)
{
	unsigned int i;

	__atomic_add_fetch(&broken, 1, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(usual); i++)
		if (errno == usual[i])
			return;
	__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	printf("# %s: errno %d: %s\n", call, errno, strerror(errno));
}

static int family_of(int number)
{
	return number & 1 ? AF_INET6 : AF_INET;
}

/* A listener; the module, or memory, may be missing for a while */
static int begin_listen(int number)
{
	int fd = socket(family_of(number), SOCK_STREAM, protocol), on = 1;
	struct sockaddr_storage at;
	socklen_t len = loopback(&at, family_of(number), first_port + number);

	if (fd < 0)
		return -1;
	impatient(fd, 300);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, (struct sockaddr *)&at, len) && !listen(fd, 64))
		return fd;
	close(fd);
	return -1;
}

/* Return the data until the other side closes */
static void answer(int fd)
{
	char bytes[CHUNK];
	ssize_t n, sent, m;

	impatient(fd, 900);
	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		for (sent = 0; sent < n; sent += m) {
			m = send(fd, bytes + sent, n - sent, MSG_NOSIGNAL);
			if (m <= 0)
				return;
		}
	}
}

static void *serve(void *arg)
{
	struct thread *t = arg;
	int fd = -1, child;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (fd < 0)
			fd = begin_listen(t->number);
		child = fd < 0 ? -1 : accept(fd, NULL, NULL);
		if (child < 0) {
			nap(fd < 0 ? 1000 : 0);
			continue;
		}
		answer(child);
		close(child);
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void fill(struct thread *t, char *bytes, int len)
{
	int i;

	for (i = 0; i < len; i++)
		bytes[i] = draw(t, 256);
}

/* Compare the data: false when the connection broke */
static int compare(int fd, const char *bytes, int len)
{
	char back[CHUNK];
	int got = 0, n;

	while (got < len) {
		n = recv(fd, back, len - got, 0);
		if (n <= 0) {
			errno = n ? errno : ECONNRESET;
			lost("recv");
			return 0;
		}
		if (memcmp(back, bytes + got, n)) {
			__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
			printf("# the answer differs within bytes %d to %d\n", got, got + n);
			return 0;
		}
		got += n;
	}
	return 1;
}

static void exchange(struct thread *t, int fd)
{
	struct linger linger = { .l_onoff = 1 };
	char bytes[CHUNK];
	int len = 1 + draw(t, draw(t, 4) ? 500 : CHUNK - 1), sent = 0, n;

	fill(t, bytes, len);
	while (sent < len) {
		n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0) {
			lost("send");
			return;
		}
		sent += n;
	}
	if (!draw(t, 8)) {		/* close without reading */
		if (draw(t, 2))
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		return;
	}
	if (!compare(fd, bytes, len))
		return;
	if (draw(t, 2))
		shutdown(fd, SHUT_WR);
	n = __atomic_add_fetch(&whole, 1, __ATOMIC_RELAXED);
	if (n % 20 == 0) {
		printf("# %d connections\n", n);
		fflush(stdout);
	}
}

static void *ask(void *arg)
{
	struct thread *t = arg;
	int forever = !t->left;
	struct sockaddr_storage to;
	socklen_t len = loopback(&to, family_of(t->number), first_port + t->number);
	int fd;

	for (; forever || t->left > 0; t->left--) {
		fd = socket(family_of(t->number), SOCK_STREAM, protocol);
		if (fd < 0) {
			lost("socket");
			nap(1000);
			continue;
		}
		impatient(fd, 900);
		if (connect(fd, (struct sockaddr *)&to, len)) {
			lost("connect");
			nap(500);
		} else {
			exchange(t, fd);
		}
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long many = number_of(argc, argv, 3, 2), each = number_of(argc, argv, 2, 0);
	struct thread *servers = calloc(many, sizeof(*servers));
	struct thread *clients = calloc(many, sizeof(*clients));
	int i;

	if (!servers || !clients)
		die("calloc");
	read_protocol();
	seed = number_of(argc, argv, 1, 1);
	first_port = number_of(argc, argv, 4, 7100);
	for (i = 0; i < many; i++)
		spawn(&servers[i], i, seed, 0, serve);
	for (i = 0; i < many; i++)
		spawn(&clients[i], i, seed + 1000, each, ask);
	printf("# up\n");
	fflush(stdout);
	for (i = 0; i < many; i++)
		pthread_join(clients[i].id, NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < many; i++)
		pthread_join(servers[i].id, NULL);
	printf("# %ld connections went through, %ld broke, %ld wrong\n", whole, broken, wrong);
	return wrong != 0;
}
