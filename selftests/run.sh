#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh TEST...: run selftests; to be called inside a guest, as root
#
# Loads $XTCP_KO, runs the tests (see selftests/homes), each within a time limit that is there
# to end what hangs, watches what the kernel says meanwhile, and unloads the module again.
# Prints KTAP.
#
# With XTCP_PROTO=6 the tests run on the kernel's own TCP: so they are shown to
# be right themselves.

set -u
cd "$(dirname "$0")" || exit 1
export XTCP_PLACE="${XTCP_PLACE-vm}" XTCP_PROTO="${XTCP_PROTO-253}"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD
SPLATS=../scripts/splats.sh
KMEMLEAK=/sys/kernel/debug/kmemleak

LIMIT=3000
[ -z "${XTCP_TEST_FULL-}" ] || LIMIT=9000
! grep -q time-travel /proc/cmdline || LIMIT=1000d	# virtual ones

number=0 failed=0

# result NAME PROBLEM: one line of KTAP; no problem, no failure
result()
{
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number $1"
	else
		printf '%s\n' "$2" | sed 's/^/# /'
		echo "not ok $number $1"
		failed=$((failed + 1))
	fi
}

# news: what the kernel has said since the last call
news()
{
	dmesg >/run/xtcp-dmesg.now
	# the buffer is a ring: what was last seen may have left it
	if [ -s /run/xtcp-dmesg.last ]; then
		awk -v last="$(tail -n 1 /run/xtcp-dmesg.last)" \
			'{ line[NR] = $0; if ($0 == last) from = NR }
			END { for (i = from + 1; i <= NR; i++) print line[i] }' /run/xtcp-dmesg.now
	else
		cat /run/xtcp-dmesg.now
	fi
	mv /run/xtcp-dmesg.now /run/xtcp-dmesg.last
}

# splats: complaints of the kernel since the last call
splats()
{
	news >/run/xtcp-dmesg.new
	"$SPLATS" /run/xtcp-dmesg.new 2>&1
}

# test_file NAME[:CASES][@END]
test_file()
{
	local test=${1%@*} end='' status=0 problem='' start=$SECONDS said cases=()
	local name=${test%%:*}

	[ "$name" = "$test" ] || cases=("${test#*:}")
	[ "$test" = "$1" ] || end=${1##*@}
	XTCP_TCP_END=${end:-${XTCP_TCP_END-}} timeout -k 10 "$LIMIT" \
		/usr/bin/python3 "cases/$name.py" "${cases[@]}" 2>&1 | sed -u 's/^/    /'
	status=${PIPESTATUS[0]}
	[ "$status" = 0 ] || problem="$name.py ended with status $status"
	[ "$status" != 124 ] || problem="$name.py was stopped: no end after $LIMIT s"
	said=$(splats) || problem="$problem${problem:+
}the kernel complained:
$said"
	name=$name${end:+@$end}
	result "$name" "$problem"
	echo "# $name took $((SECONDS - start)) s"
}

# unload: wait until nothing holds the module; an orphan whose peer went before its FIN was
# out stays in FIN-WAIT-2 for a minute, as it should (fin_timeout)
unload()
{
	local problem=''

	for _ in $(seq 120); do
		problem=$(rmmod xtcp 2>&1) && return
		sleep 1
	done
	echo "$problem"
	cat /proc/net/xtcp /proc/net/xtcp6
	for ns in $(ip netns list | cut -d' ' -f1); do
		echo "left behind: namespace $ns"
	done
	echo 1 >/sys/module/xtcp/parameters/drain
	sleep 1
	rmmod xtcp && echo "orphans held it: a test has left a connection whose peer is gone"
}

# leaks: kmemleak believes a leak only at the second look. The kernel loses the name of a
# cache whose directory in sysfs it can't make, which failslab.py makes happen
leaks()
{
	echo scan >"$KMEMLEAK"
	sleep 6
	echo scan >"$KMEMLEAK"
	awk '
		function flush() {
			if (report !~ /kobject_set_name_vargs.*kobject_init_and_add.*sysfs_slab_add/)
				printf "%s", report
			report = ""
		}
		/^unreferenced object/ { flush() }
		{ report = report $0 "\n" }
		END { flush() }
	' "$KMEMLEAK"
}

loaded()
{
	[ -d /sys/module/xtcp ]
}

ulimit -n 65536
news >/dev/null
# it is there but off in the kernel with processors, unless it was booted to look for leaks
{ [ -e $KMEMLEAK ] && echo clear >$KMEMLEAK; } 2>/dev/null || KMEMLEAK=''
plan=$#
[ "$XTCP_PROTO" = 6 ] || plan=$((plan + 2))
[ -z "$KMEMLEAK" ] || plan=$((plan + 1))
echo "KTAP version 1"
echo "1..$plan"

# debug information is most of a module, and reload loads it again and again
strip -g -o /run/xtcp.ko "$XTCP_KO" 2>/dev/null && export XTCP_KO=/run/xtcp.ko
if [ "$XTCP_PROTO" != 6 ]; then
	problem=$(loaded || insmod "$XTCP_KO" 2>&1)
	result "module loads" "$problem"
	if [ -n "$problem" ]; then
		exit 1
	fi
fi
for test; do
	test_file "$test"
done
if [ "$XTCP_PROTO" != 6 ]; then
	problem=$(loaded && unload)
	result "module unloads" "$problem$(said=$(splats) || echo "$said")"
fi
[ -z "$KMEMLEAK" ] || result "no memory leaks" "$(leaks)"
[ "$failed" = 0 ]
