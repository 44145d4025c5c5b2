#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# engines.sh MODULE PROGRAM FLOOD: the part of the engines' benchmark that runs inside the VM;
# scripts/bench-engines.sh calls it there
#
# Prints lines "NAME KERNEL XTCP", one for each run of each figure; "-" where one of the two
# has no such figure. With $XTCP_WIDE, only the figures of the table, which then has a million
# buckets on both sides.

set -eu
# shellcheck source=tools/bench/lib.sh
. "$(dirname "$0")/lib.sh"
MODULE=$1 RECORDS=$2 FLOOD=$3
RUNS=${XTCP_RUNS:-5}
ENTRIES=${XTCP_ENTRIES:-1000000}
SYNS=${XTCP_SYNS:-20000}
CONNECTIONS=${XTCP_CONNECTIONS:-5120}	# a multiple of 512: the ports of a page
FIRST_PORT=40448				# the first of a page

quiet()
{
	sysctl -q -w kernel.printk=1 kernel.randomize_va_space=0 net.core.somaxconn=65535 \
		net.ipv4.tcp_tw_reuse=0 net.ipv4.tcp_syncookies=0 \
		net.ipv4.tcp_max_syn_backlog=200000 net.core.netdev_max_backlog=10000 \
		net.ipv4.tcp_max_tw_buckets=200000
}

# engines SEED PARAMETER...: the module's figures
engines()
{
	local seed=$1

	shift
	dmesg -C
	insmod "$MODULE" seed="$seed" entries="$ENTRIES" ops=$((ENTRIES / 50)) "$@" || {
		dmesg >&2
		exit 1
	}
	dmesg | sed -n 's/^.*xtcp_engines: \([a-z0-9_]* [0-9.-]* [0-9.-]*\)$/\1/p'
	rmmod xtcp_engines
}

two_hosts()
{
	local knob

	ip netns add server
	ip link add veth0 type veth peer name veth0 netns server
	ip addr add 10.0.0.1/24 dev veth0
	ip addr add fd00::1/64 dev veth0 nodad
	ip -n server addr add 10.0.0.2/24 dev veth0
	ip -n server addr add fd00::2/64 dev veth0 nodad
	ip link set veth0 up
	ip -n server link set veth0 up
	ip -n server route add default via 10.0.0.1
	ip -n server route add default via fd00::1
	for knob in net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=200000 \
		net.core.somaxconn=65535 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.veth0.rp_filter=0 net.xtcp.max_syn_backlog=65535 \
		net.xtcp.max_accept_backlog=65535; do
		ip netns exec server sysctl -q -w "$knob"
	done
	ping -q -c 1 10.0.0.2 >/dev/null
	ping -q -c 1 fd00::2 >/dev/null
}

# records NAME WHAT ADDRESS KERNEL-SLAB... -- XTCP-SLAB...
records()
{
	local name=$1 what=$2 address=$3 kernel=() theirs ours

	shift 3
	while [ "$1" != -- ]; do
		kernel+=("$1")
		shift
	done
	shift
	theirs=$("$RECORDS" "$what" 6 "$address" "$CONNECTIONS" "${kernel[@]}")
	ours=$("$RECORDS" "$what" 253 "$address" "$CONNECTIONS" "$@")
	echo "$name $theirs $ours"
}

# port_range FIRST COUNT: the ephemeral ports
port_range()
{
	sysctl -q -w net.ipv4.ip_local_port_range="$1 $(($1 + $2 - 1))"
}

# Clients that close first use up all ports of a range, so that the cost of a port is counted
# in full, and unused ports are not; each family has its own ports. Where servers close first,
# the clients' ports don't count, and few are used twice
bytes()
{
	local theirs="tw_sock_TCP tcp_bind"
	local ours="xtcp_timewait xtcp_port kmalloc-cg-4k"

	records bytes_halfopen4 halfopen 10.0.0.2 request_sock_TCP -- xtcp_request
	records bytes_halfopen6 halfopen fd00::2 request_sock_TCP -- xtcp_request
	# shellcheck disable=SC2086 # lists
	{
		port_range "$FIRST_PORT" "$CONNECTIONS"
		records bytes_timewait4_client client 127.0.0.1 $theirs -- $ours
		port_range $((FIRST_PORT + CONNECTIONS)) "$CONNECTIONS"
		records bytes_timewait6_client client ::1 $theirs -- $ours
		port_range 10240 $((FIRST_PORT - 10240))
		records bytes_timewait4_server server 127.0.0.2 $theirs -- ${ours% *}
		records bytes_timewait6_server server ::1 $theirs -- ${ours% *}
	}
}

# connect() when one of as many ports is free, and when none is
ports()
{
	port_range $((FIRST_PORT + 2 * CONNECTIONS)) "$CONNECTIONS"
	"$RECORDS" port 6 127.0.0.3 25 >/run/ports.6
	"$RECORDS" port 253 127.0.0.3 25 >/run/ports.253
	paste -d ' ' /run/ports.6 /run/ports.253 |
		awk '{ print "port_last_free", $1, $3; print "port_none_free", $2, $4 }'
}

# Replies to spoofed SYNs leave by a device that drops them, so that only the server's part
# counts; the cost of frames for another host is subtracted
flooded_host()
{
	ip -n server link add sink type dummy
	ip -n server link set sink up
	ip -n server addr add 10.0.1.2/24 dev sink
	ip -n server addr add fd00:1::2/64 dev sink nodad
	ip -n server route add 198.18.0.0/15 via 10.0.1.1
	ip -n server route add 2001:2::/48 via fd00:1::1
	mac=$(ip netns exec server cat /sys/class/net/veth0/address)
	for protocol in 6 253; do
		ip netns exec server python3 -c "
import socket, time
for family, place in ((socket.AF_INET, '10.0.0.2'), (socket.AF_INET6, 'fd00::2')):
    s = socket.socket(family, socket.SOCK_STREAM, $protocol)
    s.bind((place, 7000))
    s.listen(1024)
    globals()[place] = s
print('listening', flush=True)
time.sleep(100000)" >"/run/listener.$protocol" &
		# the program's shell may not have created the file yet
		until grep -qs listening "/run/listener.$protocol"; do
			sleep 0.1
		done
	done
}

# flood KIND PROTOCOL ADDRESS MAC: nanoseconds for one
flood()
{
	"$FLOOD" "$1" "$2" veth0 "$4" "$3" 7000 "$SYNS" 1000 "$seed" |
		awk '{ printf "%.0f\n", $2 / $1 }'
}

# net_flood KIND PROTOCOL ADDRESS: the same, minus the cost of sending
net_flood()
{
	echo $(($(flood "$@" "$mac") - $(flood "$@" 02:00:00:00:00:99)))
}

# cookies MODE: set it for both protocols; in mode 0, fill the queues, too
cookies()
{
	ip netns exec server sysctl -q -w net.ipv4.tcp_syncookies="$1" net.xtcp.syncookies="$1" \
		net.ipv4.tcp_max_syn_backlog=256 net.xtcp.max_syn_backlog=256
}

# The cost of a SYN of a flood, answered by a cookie, or dropped
syns()
{
	local seed address number=4

	flooded_host
	for address in 10.0.0.2 fd00::2; do
		for seed in $(seq "$RUNS"); do
			cookies 2
			echo "syn_cookie$number" "$(net_flood syn 6 $address)" \
				"$(net_flood syn 253 $address)"
			echo "syn_echo_cookie$number" - "$(net_flood offer 253 $address)"
			echo "ack_false$number" "$(net_flood ack 6 $address)" \
				"$(net_flood ack 253 $address)"
			echo "ack_false_echo$number" - "$(net_flood echo 253 $address)"
			cookies 0
			flood syn 6 $address "$mac" >/dev/null
			flood syn 253 $address "$mac" >/dev/null
			echo "syn_dropped$number" "$(net_flood syn 6 $address)" \
				"$(net_flood syn 253 $address)"
		done
		number=6
	done
	kill %1 %2
	wait
}

quiet
for seed in $(seq "$RUNS"); do
	if [ -n "${XTCP_WIDE-}" ]; then
		engines "$seed" timers=0 table_size=1048576 | sed -n '/^[a-z]*[46]/s/ /_wide /p'
	else
		engines "$seed"
	fi
done
[ -z "${XTCP_WIDE-}" ] || exit 0
insmod "$XTCP_KO"
sysctl -q -w net.xtcp.tw_reuse=0
two_hosts
bytes
ports
syns
unload
