// SPDX-License-Identifier: GPL-2.0
/*
 * mix SEED OPERATIONS THREADS: threads that share a few sockets, and connect, accept,
 * close, shut down, poll, send, receive... on randomly chosen ones, uncoordinated.
 *
 * The results depend on the order of the calls, but an error is always one that the call
 * may return; any other is a failure. The kernel's checkers find the rest.
 */
#include "stress.h"
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#define SLOTS		32
#define LISTENERS	6
#define PORTS		3
#define FIRST_PORT	7000
#define WAIT_MS		15

static int slots[SLOTS];	/* file descriptors; changed by atomic operations only */
static int epoll;
static long done, failed;
static char junk[65536];

/* Errors that a call may return when other threads use the same socket */
static const int usual[] = {
	EAGAIN, EINPROGRESS, EALREADY, EISCONN, ENOTCONN, ECONNREFUSED, ECONNRESET,
	ECONNABORTED, EPIPE, EINVAL, EADDRINUSE, EADDRNOTAVAIL, EBADF, ETIMEDOUT,
	EDOM, EOPNOTSUPP, EINTR, EEXIST, ENOENT, ENOPROTOOPT, EAFNOSUPPORT, ENOBUFS,
	EDESTADDRREQ,
};

static void judge(const char *call, long result)
{
	unsigned int i;

	__atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
	if (result >= 0)
		return;
	for (i = 0; i < ARRAY_SIZE(usual); i++)
		if (errno == usual[i])
			return;
	__atomic_add_fetch(&failed, 1, __ATOMIC_RELAXED);
	printf("# %s: errno %d: %s\n", call, errno, strerror(errno));
}

/* The first slots mostly hold listeners, so that connect() finds some. Every second slot has an
 * IPv6 socket
 */
static int listener_slot(struct thread *t)
{
	return draw(t, draw(t, 16) ? LISTENERS : SLOTS);
}

static int other_slot(struct thread *t)
{
	return draw(t, 16) ? LISTENERS + draw(t, SLOTS - LISTENERS) : draw(t, SLOTS);
}

static int family_of(int slot)
{
	return slot & 1 ? AF_INET6 : AF_INET;
}

static int fd_in(int slot)
{
	return __atomic_load_n(&slots[slot], __ATOMIC_RELAXED);
}

static int any_fd(struct thread *t)
{
	return fd_in(other_slot(t));
}

/* Put a socket into a slot, and close the old one, while others may use it */
static void put(int slot, int fd)
{
	int old = __atomic_exchange_n(&slots[slot], fd, __ATOMIC_ACQ_REL);

	if (old >= 0)
		judge("close", close(old));
}

static void make(struct thread *t, int slot)
{
	int fd = socket(family_of(slot), SOCK_STREAM | (draw(t, 2) ? SOCK_NONBLOCK : 0),
			protocol);
	struct linger linger = { .l_onoff = 1 };

	judge("socket", fd);
	if (fd < 0)
		return;
	impatient(fd, WAIT_MS);
	if (!draw(t, 4))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	put(slot, fd);
}

static void renew(struct thread *t)
{
	make(t, other_slot(t));
}

/* A port that may have a listener: one of a few fixed ones, or one that a listener was given */
static int some_port(struct thread *t)
{
	struct sockaddr_storage at = {};
	socklen_t len = sizeof(at);
	int port = 0;

	if (!draw(t, 3) &&
	    !getsockname(fd_in(draw(t, LISTENERS)), (struct sockaddr *)&at, &len))
		port = ntohs(((struct sockaddr_in *)&at)->sin_port);
	return port ? port : (int)(FIRST_PORT + draw(t, PORTS));
}

static void begin_listen(struct thread *t)
{
	int slot = listener_slot(t), on = 1, fd;
	struct sockaddr_storage at;
	socklen_t len;

	if (!draw(t, 4) || fd_in(slot) < 0)
		make(t, slot);
	fd = fd_in(slot);
	setsockopt(fd, SOL_SOCKET, draw(t, 2) ? SO_REUSEADDR : SO_REUSEPORT, &on, sizeof(on));
	len = loopback(&at, family_of(slot), FIRST_PORT + draw(t, PORTS));
	if (draw(t, 4))
		judge("bind", bind(fd, (struct sockaddr *)&at, len));
	judge("listen", listen(fd, draw(t, 8)));
}

static void leave(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	judge("disconnect", connect(fd, &none, sizeof(none)));
}

/* A listener stops while connections arrive, and listens again: on another port, unless it has
 * bound one
 */
static void turn(struct thread *t)
{
	int fd = fd_in(listener_slot(t));

	leave(fd);
	judge("listen", listen(fd, draw(t, 8)));
}

static void begin_connect(struct thread *t)
{
	struct sockaddr_storage to;
	int slot = other_slot(t);
	socklen_t len = loopback(&to, family_of(slot), some_port(t));
	int err;

	err = connect(fd_in(slot), (struct sockaddr *)&to, len);
	judge("connect", err);
	if (err && (errno == EISCONN || errno == EINVAL))
		return;
	if (err && errno != EINPROGRESS && errno != EALREADY)
		make(t, slot);
}

static void disconnect(struct thread *t)
{
	leave(any_fd(t));
}

static void take(struct thread *t)
{
	int slot = listener_slot(t), into = other_slot(t);
	int fd = accept4(fd_in(slot), NULL, NULL, draw(t, 2) ? SOCK_NONBLOCK : 0);

	judge("accept", fd);
	if (fd < 0)
		return;
	impatient(fd, WAIT_MS);
	put((into & ~1) | (slot & 1), fd);
}

static void write_some(struct thread *t)
{
	static const int flags[] = { 0, MSG_DONTWAIT, MSG_MORE, MSG_DONTWAIT | MSG_MORE };

	judge("send", send(any_fd(t), junk, 1 + draw(t, draw(t, 4) ? 3000 : sizeof(junk) - 1),
			   MSG_NOSIGNAL | flags[draw(t, ARRAY_SIZE(flags))]));
}

static void read_some(struct thread *t)
{
	static const int flags[] = { 0, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_WAITALL };
	char into[8192];

	judge("recv", recv(any_fd(t), into, 1 + draw(t, sizeof(into) - 1),
			   flags[draw(t, ARRAY_SIZE(flags))]));
}

static void end(struct thread *t)
{
	judge("shutdown", shutdown(any_fd(t), draw(t, 3)));
}

static void look(struct thread *t)
{
	struct pollfd fds[8];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = (struct pollfd){ any_fd(t), POLLIN | POLLOUT | POLLRDHUP, 0 };
	judge("poll", poll(fds, ARRAY_SIZE(fds), draw(t, 2)));
}

static void look_by_epoll(struct thread *t)
{
	struct epoll_event events[8], ev = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	judge("epoll_ctl", epoll_ctl(epoll, draw(t, 3) ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
				     any_fd(t), &ev));
	judge("epoll_wait", epoll_wait(epoll, events, ARRAY_SIZE(events), 0));
}

static void set(struct thread *t)
{
	static const struct {
		int level, name, most;
	} options[] = {
		{ SOL_SOCKET, SO_SNDBUF, 100000 }, { SOL_SOCKET, SO_RCVBUF, 100000 },
		{ SOL_SOCKET, SO_KEEPALIVE, 2 }, { SOL_SOCKET, SO_RCVLOWAT, 3000 },
		{ SOL_TCP, TCP_NODELAY, 2 }, { SOL_TCP, TCP_CORK, 2 },
		{ SOL_TCP, TCP_KEEPIDLE, 5 }, { SOL_TCP, TCP_USER_TIMEOUT, 100 },
		{ SOL_TCP, TCP_LINGER2, 3 }, { SOL_TCP, TCP_QUICKACK, 2 },
		{ SOL_TCP, TCP_NOTSENT_LOWAT, 5000 }, { SOL_IP, IP_TOS, 256 },
	};
	unsigned int i = draw(t, ARRAY_SIZE(options));
	int value = draw(t, options[i].most);

	judge("setsockopt", setsockopt(any_fd(t), options[i].level, options[i].name,
				       &value, sizeof(value)));
}

static void ask(struct thread *t)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	struct tcp_info info;
	int fd = any_fd(t), n;

	judge("getsockname", getsockname(fd, (struct sockaddr *)&at, &len));
	len = sizeof(at);
	judge("getpeername", getpeername(fd, (struct sockaddr *)&at, &len));
	len = sizeof(info);
	judge("TCP_INFO", getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len));
	len = sizeof(n);
	judge("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &n, &len));
	judge("FIONREAD", ioctl(fd, FIONREAD, &n));
	judge("TIOCOUTQ", ioctl(fd, TIOCOUTQ, &n));
}

/* Relative frequencies: calls that make connections outnumber those that end them */
static const struct {
	void (*run)(struct thread *t);
	uint32_t weight;
} operations[] = {
	{ renew, 4 }, { begin_listen, 3 }, { begin_connect, 14 }, { take, 14 },
	{ write_some, 20 }, { read_some, 20 }, { look, 6 }, { look_by_epoll, 6 },
	{ set, 6 }, { ask, 3 }, { end, 2 }, { disconnect, 2 }, { turn, 1 },
};

static void *run(void *arg)
{
	uint32_t total = 0, n;
	struct thread *t = arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		total += operations[i].weight;
	for (; t->left > 0; t->left--) {
		n = draw(t, total);
		for (i = 0; n >= operations[i].weight; i++)
			n -= operations[i].weight;
		operations[i].run(t);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long seed = number_of(argc, argv, 1, 1), count = number_of(argc, argv, 3, 4);
	struct thread *threads = calloc(count, sizeof(*threads));
	int i;

	if (!threads)
		die("calloc");
	signal(SIGPIPE, SIG_IGN);
	read_protocol();
	memset(slots, -1, sizeof(slots));
	epoll = epoll_create1(0);
	for (i = 0; i < count; i++)
		spawn(&threads[i], i, seed, number_of(argc, argv, 2, 10000), run);
	for (i = 0; i < count; i++)
		pthread_join(threads[i].id, NULL);
	for (i = 0; i < SLOTS; i++)
		put(i, -1);
	printf("# %ld calls, %ld of them with an error that none may give\n", done, failed);
	return failed != 0;
}
