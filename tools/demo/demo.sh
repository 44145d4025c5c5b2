#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: the part of the demo that runs inside the VM; scripts/demo.sh calls it there
#
# Every step asserts what it claims: the first that fails ends the demo with status 1.

set -eu
cd "$(dirname "$0")"
# shellcheck source=tools/demo/lib.sh
. ./lib.sh

PORT=5000
STEP=0
if [ -n "${XTCP_COLOR-}" ]; then
	BOLD=$'\e[1;36m' PLAIN=$'\e[0m'
else
	BOLD='' PLAIN=''
fi

step()
{
	STEP=$((STEP + 1))
	echo
	echo "$BOLD$STEP. $*$PLAIN"
}

say()
{
	echo "   $*"
}

# show COMMAND...: print it as a user would type it, run it, and show its output
show()
{
	echo "   \$ $*"
	"$@" 2>&1 | sed 's/^/   /'
	return "${PIPESTATUS[0]}"
}

failed()
{
	echo
	echo "   The demo FAILED at step $STEP: $*"
	echo "   The end of the kernel's log:"
	dmesg | tail -n 20 | sed 's/^/   /'
	exit 1
}

trap 'failed "line $LINENO"' ERR

# wait_for SECONDS COMMAND...: repeat it until it succeeds, with a bound
wait_for()
{
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || failed "waited in vain for: $*"
		sleep 0.05
	done
}

# listens PORT TABLE: does the server have a listener (state 0A) there?
listens()
{
	grep -q ":$(printf %04X "$1") [0-9A-F:]* 0A " "/proc/$SERVER/net/$2"
}

speaks_253()
{
	/usr/bin/python3 -c '
import socket
socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)' 2>/run/demo.error
}

no_such_protocol()
{
	! speaks_253 && grep 'Protocol not supported' /run/demo.error >/run/demo.last
}

# move FAMILY-NUMBER ADDRESS TABLE: send this module's own file with socat, from the client
# to the server
move()
{
	local out=/run/received-$1 pid ours theirs

	rm -f "$out"
	say "server\$ socat -u SOCKET-LISTEN:$1:253:$2 CREATE:received"
	say "client\$ socat -u OPEN:xtcp.ko SOCKET-CONNECT:$1:253:$2"
	timeout 150 ip netns exec server socat -u "SOCKET-LISTEN:$1:253:$2" "CREATE:$out" &
	pid=$!
	wait_for 60 listens $PORT "$3"
	timeout 150 ip netns exec client socat -u "OPEN:$XTCP_KO" "SOCKET-CONNECT:$1:253:$2"
	wait $pid
	ours=$(sha256sum <"$XTCP_KO") theirs=$(sha256sum <"$out")
	[ "$ours" = "$theirs" ] || failed "the checksums differ: $ours sent, $theirs received"
	say "$(stat -c %s "$out") bytes sent and received, sha256 of both ${ours:0:24}..."
}

# talk: run the ten lines of hello.py, and watch the connection table meanwhile
talk()
{
	local server watch

	timeout 150 ip netns exec server /usr/bin/python3 hello.py serve &
	server=$!
	wait_for 60 listens 2530 xtcp
	rm -f /run/demo.watch
	timeout 150 /usr/bin/python3 watch.py "$CLIENT" "$SERVER" 2530 120 >/run/demo.watch 2>&1 &
	watch=$!
	wait_for 60 test -s /run/demo.watch
	[ "$(timeout 150 ip netns exec client /usr/bin/python3 hello.py)" = "HELLO, TCP?" ] ||
		failed "the client did not get its answer"
	wait $server
	TALK_WATCH=$watch
}

# segments FILE: the captured segments, one on each line
segments()
{
	tshark -r "$1" -d ip.proto==253,tcp -o tcp.relative_sequence_numbers:TRUE \
		-T fields -e frame.time_relative -e ip.src -e _ws.col.Info 2>/dev/null |
		awk -F '\t' '{
			arrow = ($2 == "10.0.0.1") ? "client -> server" : "client <- server"
			gsub(/ (TSval|TSecr|SACK_PERM|WS)[^ ]*/, "", $3)
			sub(/^[0-9]+ . [0-9]+ /, "", $3)
			printf "   %6.2f s   %s   %s\n", $1, arrow, $3
		}'
}

step "A stock Debian kernel, without xtcp"
say "$(uname -sr), $(nproc) processors, in QEMU"
no_such_protocol || failed "protocol 253 is there before the module is"
say "socket(AF_INET, SOCK_STREAM, 253): $(cat /run/demo.last)"

step "Load the module"
show insmod "$XTCP_KO"
say "\$ lsmod | grep xtcp"
lsmod | sed -n 's/^xtcp /   &/p'
speaks_253 || failed "no socket after insmod: $(cat /run/demo.error)"
say "socket(AF_INET, SOCK_STREAM, 253): works"

step "Two hosts (network namespaces), joined by a cable"
two_hosts
ip netns exec client sleep 600 &
CLIENT=$!
ip netns exec server sleep 600 &
SERVER=$!
say "client 10.0.0.1 fd00::1  <---->  server 10.0.0.2 fd00::2"
# for steps 6 and 8: it takes a while to start; only segments of port 2530
ip netns exec client timeout 400 dumpcap -q -i eth0 -w /run/demo.pcap \
	-f 'ip proto 253 and (ip[20:2] = 2530 or ip[22:2] = 2530)' >/run/demo.dumpcap 2>&1 &
DUMPCAP=$!

step "Move a real file with a real tool: socat speaks any protocol number"
move 2 "$(address4 10.0.0.2 $PORT)" xtcp
say "and over IPv6:"
move 10 "$(address6 2 $PORT)" xtcp6

step "A program of your own: as for TCP, but for one number"
sed '1d; s/^/   | /' hello.py

step "Run it, and watch both ends pass through the states of the textbook"
say "(the cable is made 0.3 s long each way, so that each state can be seen)"
on client tc qdisc add dev eth0 root netem delay 300ms
on server tc qdisc add dev eth0 root netem delay 300ms
on client sysctl -q -w net.xtcp.msl_ms=1000
wait_for 60 test -s /run/demo.pcap
talk
say "           client         server"
wait "$TALK_WATCH" || { cat /run/demo.watch; failed "the states are not those of the textbook"; }
cat /run/demo.watch
LONG=$(sed -n 's/.*lasted \(.*\) s/\1/p' /run/demo.watch)
kill $DUMPCAP
wait $DUMPCAP || true
cp /run/demo.pcap "$XTCP_OUT/demo.pcap"
segments /run/demo.pcap >/run/demo.segments &
TSHARK=$!

step "The length of TIME-WAIT is a knob, for each host, live: it is twice msl_ms"
say "with net.xtcp.msl_ms=1000 it lasted $LONG s, as seen above; the default is" \
	"$(on server sysctl -n net.xtcp.msl_ms)"
on client tc qdisc del dev eth0 root
on server tc qdisc del dev eth0 root
show on client sysctl -w net.xtcp.msl_ms=250
talk
wait "$TALK_WATCH" || true
SHORT=$(sed -n 's/.*lasted \(.*\) s/\1/p' /run/demo.watch)
say "the same program again: TIME-WAIT lasted $SHORT s"
awk "BEGIN { exit !($LONG >= 1.9 && $LONG < 4 && $SHORT >= 0.4 && $SHORT < 1.5) }" ||
	failed "TIME-WAIT is not twice the MSL: $LONG s with 1000 ms, $SHORT s with 250 ms"

step "What was on the wire, as tshark decodes it (-d ip.proto==253,tcp)"
wait $TSHARK
cat /run/demo.segments
for flags in '\[SYN\]' '\[SYN, ACK\]' '\[PSH, ACK\]' '\[FIN, ACK\]' '\[ACK\]'; do
	grep -q "$flags" /run/demo.segments || failed "no segment with $flags was seen"
done

step "Unload it"
mkfifo /run/demo.fifo
ip netns exec server /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)
print("open", flush=True)
open("/run/demo.fifo").read()' >/run/demo.holder &
HOLDER=$!
wait_for 60 grep -q open /run/demo.holder
show rmmod xtcp && failed "rmmod of a module in use"
say "(a socket is open; it is closed now)"
: >/run/demo.fifo
wait $HOLDER
wait_for 60 rmmod xtcp
say "\$ rmmod xtcp"
no_such_protocol || failed "protocol 253 is still there"
say "socket(AF_INET, SOCK_STREAM, 253): $(cat /run/demo.last)"
../../scripts/splats.sh <(dmesg) >/run/demo.splats 2>&1 ||
	failed "the kernel complained: $(cat /run/demo.splats)"
kill $CLIENT $SERVER

echo
say "All of this happened. The capture is in build/out/demo.pcap."
say "Play yourself: make vm"
