#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh [OPTIONS] -- COMMAND ARGS...: run a command as root in a virtual machine
#
#   --kernel stock|debug|kcsan   Debian's kernel (default), the one with KASAN,
#                          lockdep and kmemleak, or the one with KCSAN
#   --smp N                processors (2)
#   --mem M                memory (2G)
#   --timeout S            seconds until the machine is stopped (600; a day with
#                          --interactive)
#   --icount               one processor that counts instructions: each takes one
#                          nanosecond of its time
#   --append TEXT          added to the kernel's command line
#   --console FILE         file for the kernel's messages (build/log/)
#   --interactive          the command (bash) has the terminal
#
# The guest sees the host's files. Its writes stay in the guest, except for $XTCP_OUT
# (build/out), which is the host's. The command starts in this directory with the
# environment's XTCP_ variables; XTCP_PLACE and XTCP_KO are set for this machine unless they
# are set already. Its output goes to stdout. Exit status: the command's; 124 if time ran
# out; 125 if the machine died.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=scripts/guest.sh
. "$XTCP_TOP/scripts/guest.sh"

KERNEL=stock SMP=2 MEM=2G TIMEOUT='' CONSOLE='' ICOUNT='' INTERACTIVE='' APPEND=''

while [ $# -gt 0 ]; do
	case $1 in
	--kernel)	KERNEL=$2; shift 2 ;;
	--smp)		SMP=$2; shift 2 ;;
	--icount)	ICOUNT=1; shift ;;
	--append)	APPEND=$2; shift 2 ;;
	--interactive)	INTERACTIVE=1; shift ;;
	--)		shift; break ;;
	*)		guest_option "$1" "${2-}" || usage "$0"; shift 2 ;;
	esac
done
[ $# -gt 0 ] || [ -n "$INTERACTIVE" ] || usage "$0"
[ $# -gt 0 ] || set -- bash
TIMEOUT=${TIMEOUT:-${INTERACTIVE:+86400}}
TIMEOUT=${TIMEOUT:-600}

case $KERNEL in
stock)	MACHINE=pc; export XTCP_PLACE="${XTCP_PLACE-vm}" ;;
debug | kcsan)	MACHINE=q35; export XTCP_PLACE="${XTCP_PLACE-$KERNEL}" ;;
*)	usage "$0" ;;
esac
export XTCP_KO="${XTCP_KO-$XTCP_TOP/build/$KERNEL/xtcp.ko}"

QEMU=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot)

# kvm_boots KERNEL-DIR: does KVM boot a kernel here? A /dev/kvm that opens may still hang, and
# only a time-out shows it, so the answer is kept until the host is rebooted.
kvm_boots()
{
	local boot answer

	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	boot=$(cat /proc/sys/kernel/random/boot_id)
	answer=$XTCP_CACHE/kvm.$boot
	if [ ! -e "$answer" ]; then
		rm -f "$XTCP_CACHE"/kvm.*
		say "trying whether KVM works here"
		guest_initramfs "$1" PROBE=1
		timeout -k 1 10 "${QEMU[@]}" -accel kvm -cpu host -m 512 -serial "file:$RUN/probe" \
			-kernel "$1/image" -initrd "$RUN/initramfs" \
			-append "console=ttyS0 panic=-1" </dev/null >/dev/null 2>&1 || true
		if grep -aq 'xtcp: the guest is up' "$RUN/probe" 2>/dev/null; then
			echo yes >"$answer"
		else
			echo no >"$answer"
		fi
	fi
	[ "$(cat "$answer")" = yes ]
}

# With cx16, some kernels crash in every second boot under TCG
processor()
{
	if [ -n "$ICOUNT" ]; then
		echo -accel tcg,thread=single -icount shift=0,sleep=off -smp 1 \
			-rtc base=2024-01-01,clock=vm -cpu max,-rdrand,-rdseed,-erms,cx16=off
	elif [ "${XTCP_ACCEL-}" != tcg ] && kvm_boots "$1"; then
		echo -accel kvm -cpu host -smp "$SMP"
	else
		echo -accel tcg,thread=multi -cpu max,cx16=off -smp "$SMP"
	fi
}

# shares: 9p file systems for the host's root, the exit status and the results
shares()
{
	local options=security_model=none,multidevs=remap

	SHARES=(
		-virtfs "local,path=/,mount_tag=root,readonly=on,$options"
		-virtfs "local,path=$RUN/ctl,mount_tag=ctl,$options"
		-virtfs "local,path=${XTCP_OUT//,/,,},mount_tag=out,$options"
	)
}

"$XTCP_TOP/scripts/deps.sh" vm
K=$("$XTCP_TOP/scripts/kernel.sh" "$KERNEL")
[ -e "$K/image" ] || die "the kernel '$KERNEL' is for compiling only"
guest_begin "$KERNEL${INTERACTIVE:+-interactive}${ICOUNT:+-icount}"
guest_command "$@"
read -ra processor < <(processor "$K")
shares

# A busy host may stop the guest's processors for long, so raise the kernel's time-outs
parameters="console=ttyS0 panic=-1 oops=panic loglevel=7 dummy.numdummies=0 ifb.numifbs=0
	watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120 $APPEND"
case $KERNEL in
# A marks the slab caches that selftests/cases/failslab.py makes fail by name; each failure
# leaves a trace
debug)	parameters+=" kasan_multi_shot no_hash_pointers log_buf_len=16M
		slub_debug=A,skbuff_head_cache,skbuff_fclone_cache,xtcp_*,XTCP,XTCPv6" ;;
# Many short stalls see more than a few long ones, and an emulated processor is slow
kcsan)	parameters+=" no_hash_pointers kcsan.skip_watch=300 kcsan.udelay_task=400
		kcsan.udelay_interrupt=200" ;;
esac
environment=(ROOT_TYPE=9p "KERNEL=$K" CTL=ctl "OUT=$(printf %q "$XTCP_OUT")")
if [ -n "$ICOUNT" ]; then
	parameters+=" nokaslr random.trust_cpu=off"
	environment+=("SEED=${XTCP_SEED:-1}")
fi
if [ -n "$INTERACTIVE" ]; then
	size=$(stty size 2>/dev/null || true)
	case $size in
	'' | 0*)	size="24 80" ;;
	esac
	environment+=(INTERACTIVE=1 CHANNEL=/dev/hvc0 "ROWS=${size% *}" "COLUMNS=${size#* }")
	channel=(-chardev "stdio,id=channel,signal=off" -device "virtconsole,chardev=channel")
else
	environment+=('CHANNEL="/dev/vport*p1"')
	channel=(-chardev "file,id=channel,path=$RUN/output" -device "virtserialport,chardev=channel")
fi
guest_initramfs "$K" "${environment[@]}"

machine=("${QEMU[@]}" -M "$MACHINE" "${processor[@]}" -m "$MEM" -kernel "$K/image"
	-initrd "$RUN/initramfs" -append "${parameters//[[:space:]]/ }" -serial "file:$CONSOLE"
	"${SHARES[@]}" -device virtio-serial "${channel[@]}")
if [ -n "$INTERACTIVE" ]; then
	timeout --foreground -k 10 "$TIMEOUT" "${machine[@]}" || echo $? >"$RUN/end"
	guest_verdict
fi
guest_start "${machine[@]}" </dev/null
guest_wait
