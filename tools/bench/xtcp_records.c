// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp_records: the memory of connections without a socket, and the time to find the last
 * free port, for any protocol
 *
 *   xtcp_records halfopen PROTOCOL ADDRESS COUNT SLAB...
 *   xtcp_records client|server PROTOCOL ADDRESS COUNT SLAB...
 *   xtcp_records port PROTOCOL ADDRESS COUNT
 *
 *   halfopen       SYNs from COUNT addresses that do not answer reach a listener at
 *                  ADDRESS, which belongs to the namespace "server"
 *   client|server  COUNT connections within this host, which that side closes first,
 *                  so that it keeps the TIME-WAIT entries
 *   port           all ephemeral ports are taken by connections to one place; then,
 *                  COUNT times, one is closed, and another connection made; and one
 *                  more connect() that must fail
 *
 * The first three print bytes per entry: the growth of the slabs whose names begin with SLAB
 * (which must not be merged), divided by the growth in objects of the first SLAB, whose
 * objects are the requests or TIME-WAIT entries. The last prints, COUNT times, two numbers of
 * nanoseconds: for the connection made, and for the failed connect(). In a machine
 * that counts (vm.sh --icount) these are instructions.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT		7000
#define BACKLOG		65535
#define MAX_SOCKETS	65536

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int protocol;
static unsigned long count;
static union address where;
static socklen_t where_len;
static int clients[MAX_SOCKETS], servers[MAX_SOCKETS];

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void set_address(const char *text)
{
	memset(&where, 0, sizeof(where));
	if (inet_pton(AF_INET, text, &where.v4.sin_addr) == 1) {
		where.v4.sin_family = AF_INET;
		where.v4.sin_port = htons(PORT + protocol);
		where_len = sizeof(where.v4);
	} else if (inet_pton(AF_INET6, text, &where.v6.sin6_addr) == 1) {
		where.v6.sin6_family = AF_INET6;
		where.v6.sin6_port = htons(PORT + protocol);
		where_len = sizeof(where.v6);
	} else {
		errx(2, "no address: %s", text);
	}
}

static int stream(void)
{
	int s = socket(where.any.sa_family, SOCK_STREAM, protocol);

	if (s < 0)
		err(1, "socket of protocol %d", protocol);
	return s;
}

static int listener(void)
{
	int s = stream(), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, &where.any, where_len) || listen(s, BACKLOG))
		err(1, "listen");
	return s;
}

static bool chosen(const char *name, char **prefixes)
{
	for (; *prefixes; prefixes++)
		if (!strncmp(name, *prefixes, strlen(*prefixes)))
			return true;
	return false;
}

/* Objects in per-CPU caches count as used: make the kernel give them back */
static void shrink_slab(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		err(1, "%s", path);
	close(fd);
}

/* What slabs hold: bytes in all chosen slabs, objects in those of the first name */
struct slabs {
	long bytes, records;
};

static struct slabs read_slabs(FILE *file, char **prefixes, bool shrink)
{
	struct slabs sum = { 0 };
	unsigned long objects, size;
	char line[512], name[64];

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %lu %*u %lu", name, &objects, &size) != 3 ||
		    !chosen(name, prefixes))
			continue;
		if (shrink)
			shrink_slab(name);
		sum.bytes += objects * size;
		if (!strncmp(name, prefixes[0], strlen(prefixes[0])))
			sum.records += objects;
	}
	return sum;
}

/* The same, after objects freed by RCU are gone. The kernel allocates a page for the reader of
 * the file, in a slab that may be counted: nothing is allocated or freed between the two reads
 */
static struct slabs settled(char **prefixes)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	struct slabs sum;

	if (!file)
		err(1, "/proc/slabinfo");
	sleep(1);
	read_slabs(file, prefixes, true);
	sum = read_slabs(file, prefixes, false);
	fclose(file);
	return sum;
}

static void print_bytes(char **prefixes, struct slabs before)
{
	struct slabs after = settled(prefixes);
	long records = after.records - before.records;

	/* a port used twice replaces its TIME-WAIT entry */
	if (records < (long)(count - count / 4) || records > (long)(count + count / 4))
		errx(1, "%ld records of %lu connections", records, count);
	printf("%.1f\n", (double)(after.bytes - before.bytes) / records);
}

/* ---- half-open ---- */

static uint32_t sum(const void *data, size_t length, uint32_t start)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < length; i++)
		start += i & 1 ? p[i] : p[i] << 8;
	return start;
}

/* A SYN with an MSS option, from the @i-th address of a network that does not exist */
static size_t make_syn(uint8_t *packet, uint32_t i)
{
	bool v4 = where.any.sa_family == AF_INET;
	uint16_t port = ntohs(v4 ? where.v4.sin_port : where.v6.sin6_port);
	uint8_t *tcp = packet + (v4 ? 20 : 40), *from;
	uint32_t check;

	memset(packet, 0, 64);
	if (v4) {
		memcpy(packet, (uint8_t[]){ 0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, protocol }, 10);
		memcpy(packet + 12, (uint8_t[]){ 10, 9 }, 2);
		memcpy(packet + 16, &where.v4.sin_addr, 4);
		from = packet + 14;
	} else {
		memcpy(packet, (uint8_t[]){ 0x60, 0, 0, 0, 0, 24, protocol, 64 }, 8);
		memcpy(packet + 8, (uint8_t[]){ 0x20, 0x01, 0x0d, 0xb8 }, 4);
		memcpy(packet + 24, &where.v6.sin6_addr, 16);
		from = packet + 22;
	}
	from[0] = i >> 8;
	from[1] = i;
	memcpy(tcp, (uint8_t[]){ 0x10, i, port >> 8, port, i, i >> 8 }, 6);
	memcpy(tcp + 12, (uint8_t[]){ 0x60, 0x02, 0xff, 0xff }, 4);
	memcpy(tcp + 20, (uint8_t[]){ 2, 4, 1460 >> 8, 1460 & 0xff }, 4);
	check = sum(packet + (v4 ? 12 : 8), v4 ? 8 : 32, protocol + 24);
	check = sum(tcp, 24, check);
	check = (check & 0xffff) + (check >> 16);
	check = ~((check & 0xffff) + (check >> 16));
	tcp[16] = check >> 8;
	tcp[17] = check;
	return tcp + 24 - packet;
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static void halfopen(char **slabs)
{
	struct slabs before;
	union address to;
	int raw;

	raw = socket(where.any.sa_family, SOCK_RAW, IPPROTO_RAW);
	if (raw < 0)
		err(1, "raw socket");
	enter("/run/netns/server");
	listener();
	before = settled(slabs);
	to = where;
	to.v6.sin6_port = 0;	/* at the same offset in both */
	for (uint32_t i = 1; i <= count; i++) {
		uint8_t packet[64];
		size_t length = make_syn(packet, i);

		if (sendto(raw, packet, length, 0, &to.any, where_len) < 0)
			err(1, "a SYN");
	}
	print_bytes(slabs, before);
}

/* ---- TIME-WAIT ---- */

static void pair(int l, int *client, int *server)
{
	*client = stream();
	if (connect(*client, &where.any, where_len))
		err(1, "connect");
	*server = accept(l, NULL, NULL);
	if (*server < 0)
		err(1, "accept");
}

static void time_wait(bool client_first, char **slabs)
{
	int l = listener(), client, server;
	struct slabs before = settled(slabs);
	char byte;

	for (unsigned long i = 0; i < count; i++) {
		pair(l, &client, &server);
		close(client_first ? client : server);
		while (read(client_first ? server : client, &byte, 1) > 0)
			;
		close(client_first ? server : client);
	}
	print_bytes(slabs, before);
}

/* ---- the last port ---- */

/* Connect, and count; returns -1 where no port is left */
static int counted_connect(uint64_t *took)
{
	int s = stream(), status;
	uint64_t begin = now();

	status = connect(s, &where.any, where_len);
	*took = now() - begin;
	if (!status)
		return s;
	if (errno != EADDRNOTAVAIL)
		err(1, "connect");
	close(s);
	return -1;
}

static void reset(int s)
{
	struct linger at_once = { .l_onoff = 1 };

	setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(s);
}

static void last_port(void)
{
	uint64_t found, refused;
	unsigned int all = 0, which = 7;
	int l = listener();

	for (;;) {
		int s = counted_connect(&refused);

		if (s < 0)
			break;
		if (all == MAX_SOCKETS)
			errx(1, "the ports do not end");
		clients[all] = s;
		servers[all++] = accept(l, NULL, NULL);
	}
	for (unsigned long i = 0; i < count; i++) {
		which = (which * 5003 + 17) % all;
		reset(clients[which]);
		close(servers[which]);
		clients[which] = counted_connect(&found);
		if (clients[which] < 0)
			errx(1, "the last port was not found");
		servers[which] = accept(l, NULL, NULL);
		if (counted_connect(&refused) >= 0)
			errx(1, "there was another port");
		printf("%llu %llu\n", (unsigned long long)found, (unsigned long long)refused);
	}
}

int main(int argc, char **argv)
{
	const rlim_t files = 2 * MAX_SOCKETS + 100;
	struct rlimit many = { .rlim_cur = files, .rlim_max = files };

	if (argc < 5)
		errx(2, "usage: halfopen|client|server|port PROTOCOL ADDRESS COUNT [SLAB...]");
	protocol = atoi(argv[2]);
	set_address(argv[3]);
	count = strtoul(argv[4], NULL, 0);
	if (setrlimit(RLIMIT_NOFILE, &many))
		err(1, "limit of files");
	if (!strcmp(argv[1], "halfopen"))
		halfopen(argv + 5);
	else if (!strcmp(argv[1], "port"))
		last_port();
	else
		time_wait(!strcmp(argv[1], "client"), argv + 5);
	return 0;
}
