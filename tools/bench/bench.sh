#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh PROGRAM: the part of the benchmark that runs inside the VM; scripts/bench.sh calls
# it there
#
# Each figure is measured RUNS times for the kernel's TCP and for xtcp in turn, each time with
# another seed. Prints a line for each: name, median of the kernel's TCP, median of xtcp, their
# ratio, and the spread (largest less smallest, in % of the median) of the worse of the two.

set -eu
# shellcheck source=tools/bench/lib.sh
. "$(dirname "$0")/lib.sh"
BENCH=$1
RUNS=${XTCP_RUNS:-5}
OTHER=${XTCP_PROTO:-253}
port=6000

# quiet: no background activity, and fixed sysctls
quiet()
{
	sysctl -q -w net.ipv4.tcp_tw_reuse=0 net.core.netdev_max_backlog=10000 \
		kernel.randomize_va_space=0 kernel.printk=1
}

two_hosts()
{
	ip netns add client
	ip netns add server
	ip link add eth0 netns client type veth peer name eth0 netns server
	ip -n client addr add 10.0.0.1/24 dev eth0
	ip -n server addr add 10.0.0.2/24 dev eth0
	ip -n client link set eth0 up
	ip -n server link set eth0 up
}

# once BENCHMARK PATH PROTOCOL SEED COUNT WARMUP [OF-A-MESSAGE...]: one number
once()
{
	local what=$1 path=$2 protocol=$3 seed=$4 count=$5 warmup=$6

	shift 6
	case $path in
	lo)	"$BENCH" "$what" "$protocol" 127.0.0.1 "$port" "$count" "$warmup" "$seed" - "$@" ;;
	veth)	ip netns exec client "$BENCH" "$what" "$protocol" 10.0.0.2 "$port" "$count" \
			"$warmup" "$seed" server "$@" ;;
	esac
}

# figure NAME BENCHMARK PATH COUNT WARMUP [OF-A-MESSAGE...]
figure()
{
	local seed column name=$1

	shift
	for seed in $(seq "$RUNS"); do
		for column in "kernel 6" "xtcp $OTHER"; do
			port=$((port + 1))
			echo "${column% *} $(once "$1" "$2" "${column#* }" "$seed" "${@:3}")"
		done
	done >"/run/bench.$name"
	summary "$name" <"/run/bench.$name"
}

# summary NAME: of lines "kernel NUMBER" and "xtcp NUMBER"
summary()
{
	awk -v name="$1" '
	function sort(a, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j - 1] > a[j]; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
	}
	function median(a, n) {
		return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
	}
	$1 == "kernel" { kernel[++k] = $2 + 0 }
	$1 == "xtcp" { xtcp[++x] = $2 + 0 }
	END {
		sort(kernel, k); sort(xtcp, x)
		km = median(kernel, k); xm = median(xtcp, x)
		ks = (kernel[k] - kernel[1]) / km; xs = (xtcp[x] - xtcp[1]) / xm
		printf "%s\t%.0f\t%.0f\t%.3f\t%.2f%%\n", name, km, xm, xm / km,
			100 * (ks > xs ? ks : xs)
	}'
}

quiet
two_hosts
[ "$OTHER" = 6 ] || insmod "$XTCP_KO"
printf 'NAME\tkernel\txtcp\tratio\tspread\n'
for path in ${XTCP_PATHS:-lo veth}; do
	figure "rr_$path" rr "$path" 5000 500
	figure "conn_$path" conn "$path" 1000 100
	figure "bulk_kib_$path" bulk "$path" 262144 262144
done
# How long a message takes, waiting included: a write, or a small one and another behind it
for path in ${XTCP_PATHS:-lo veth}; do
	for nodelay in 0 1; do
		for head in 0 8; do
			for size in ${XTCP_SIZES:-1 1000 1449 10000 65536 100000 131072 300000 1000000}; do
				name=write_${path}_$([ "$head" = 0 ] || echo "$head+")$size
				[ $nodelay = 0 ] || name=${name}_nodelay
				figure "$name" write "$path" 20 5 "$head" "$size" "$nodelay"
			done
		done
	done
done
[ "$OTHER" = 6 ] || unload
