# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh: functions that demo.sh and play.sh share, inside the VM; to be sourced

# two_hosts: make namespaces client (10.0.0.1, fd00::1) and server (10.0.0.2, fd00::2), each a
# host, joined by a veth pair
two_hosts()
{
	ip netns add client
	ip netns add server
	ip link add eth0 netns client type veth peer name eth0 netns server
	host client 1
	host server 2
}

# host NAME NUMBER
host()
{
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
	ip -n "$1" addr add "10.0.0.$2/24" dev eth0
	ip -n "$1" addr add "fd00::$2/64" dev eth0 nodad
}

# on HOST COMMAND...
on()
{
	ip netns exec "$@"
}

# address4 A.B.C.D PORT, address6 LAST-WORD-OF-fd00:: PORT: in socat's form for a protocol that
# it does not know: the bytes of sockaddr_in and sockaddr_in6 behind the family
address4()
{
	# shellcheck disable=SC2046,SC2183 # four numbers
	printf 'x%04x%02x%02x%02x%02x%016x' "$2" $(echo "$1" | tr . ' ') 0
}

address6()
{
	printf 'x%04x%08x%s%08x' "$2" 0 "fd00000000000000000000000000000$1" 0
}
