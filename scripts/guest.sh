#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh: what vm.sh and uml.sh share; to be sourced
#
# A guest boots from an initramfs made for this run (guest-init, guest-run, the command and
# its environment). It sees the host's root read-only under an overlay in memory, and shares
# two directories with the host: $RUN/ctl, where it writes the command's exit status, and
# $XTCP_OUT, for results. The command's output goes to the file $RUN/output by a separate
# channel, and from there to stdout; the console is for kernel messages.

# shellcheck disable=SC2034 # MEM is for the script that sources this
# guest_option NAME VALUE: parse an option that both scripts have; false if it is none
guest_option()
{
	case $1 in
	--timeout)	TIMEOUT=$2 ;;
	--mem)		MEM=$2 ;;
	--console)	CONSOLE=$2 ;;
	*)		return 1 ;;
	esac
}

# guest_begin NAME: make a directory for this run, removed on exit
guest_begin()
{
	CONSOLE=$(realpath -m "${CONSOLE:-$XTCP_TOP/build/log/$1.console}")
	XTCP_OUT=$(realpath -m "${XTCP_OUT:-$XTCP_TOP/build/out}")
	export XTCP_OUT
	mkdir -p "$(dirname "$CONSOLE")" "$XTCP_OUT"
	: >"$CONSOLE"
	RUN=$(mktemp -d "${TMPDIR:-/tmp}/xtcp-guest.XXXXXX")
	mkdir "$RUN/ctl"
	: >"$RUN/output"
	GUEST_PID=
	trap guest_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

guest_end()
{
	guest_kill
	rm -rf "$RUN"
}

# guest_kill: signal timeout(1), which passes the signal on to the machine
guest_kill()
{
	[ -n "$GUEST_PID" ] || return 0
	kill "$GUEST_PID" 2>/dev/null || true
	wait "$GUEST_PID" 2>/dev/null || true
	GUEST_PID=
}

# guest_initramfs KERNEL-DIR NAME=VALUE...: make $RUN/initramfs; the variables are for
# guest-init
guest_initramfs()
{
	local kernel=$1 dir=$RUN/initramfs.d

	shift
	mkdir -p "$dir/bin" "$dir/mod" "$dir/proc" "$dir/sys" "$dir/dev" "$dir/rw" "$dir/root"
	cp /bin/busybox "$dir/bin/busybox"
	[ ! -d "$kernel/mod" ] || cp "$kernel"/mod/*.ko "$dir/mod/"
	install -m 755 "$XTCP_TOP/scripts/guest-init" "$dir/init"
	cp "$XTCP_TOP/scripts/guest-run" "$dir/guest-run"
	[ ! -f "$RUN/command" ] || cp "$RUN/command" "$dir/command"
	printf '%s\n' "$@" >"$dir/environment"
	(cd "$dir" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc) >"$RUN/initramfs"
	rm -r "$dir"
}

# guest_command COMMAND...: make $RUN/command, a script that runs the command as it was called
# here: in this directory, with the same XTCP_ variables and arguments
guest_command()
{
	local name

	{
		for name in "${!XTCP_@}" TERM; do
			echo "export $name=$(printf %q "${!name-}")"
		done
		echo "cd $(printf %q "$PWD")"
		echo "exec$(printf ' %q' "$@")"
	} >"$RUN/command"
}

# guest_start COMMAND...: start the machine, with a time limit
guest_start()
{
	timeout -k 10 "$TIMEOUT" "$@" 8>&- 9>&- &
	GUEST_PID=$!
}

# guest_wait: print the command's output until the machine is off; then exit with the
# command's status, or say what went wrong
guest_wait()
{
	local tail_pid status=0

	tail -n +1 -f -s 0.1 --pid="$GUEST_PID" "$RUN/output" 8>&- 9>&- &
	tail_pid=$!
	guest_powered_off || status=$?
	GUEST_PID=
	wait "$tail_pid" || true
	guest_verdict "$status"
}

# guest_powered_off: wait for the machine to power off; once the command has ended, the
# machine has 30 s for that
guest_powered_off()
{
	local left=300 status=0

	while kill -0 "$GUEST_PID" 2>/dev/null && [ "$left" -gt 0 ]; do
		sleep 0.1
		[ -d "/proc/$PPID" ] || exit 143	# nobody waits for us any more
		[ ! -s "$RUN/ctl/status" ] || left=$((left - 1))
	done
	[ "$left" -gt 0 ] || kill "$GUEST_PID" 2>/dev/null || true
	# silence the shell's own message about a machine that aborts
	{ wait "$GUEST_PID"; } 2>/dev/null || status=$?
	[ "$left" -gt 0 ] || status=stuck
	[ "$status" = 0 ] || echo "$status" >"$RUN/end"
}

# guest_verdict: exit 124 if time ran out, 125 if the machine died, else with the status of
# the command
guest_verdict()
{
	local end status

	end=$(cat "$RUN/end" 2>/dev/null || true)
	status=$(cat "$RUN/ctl/status" 2>/dev/null || true)
	if grep -aq 'Kernel panic - not syncing' "$CONSOLE"; then
		guest_died 125 "the guest's kernel panicked"
	elif [ "$end" = stuck ]; then
		guest_died 125 "the guest did not power off after its command ended with $status"
	elif [ -n "$status" ]; then
		exit "$status"
	elif [ "$end" = 124 ] || [ "$end" = 137 ]; then
		guest_died 124 "the guest was stopped: no end after $TIMEOUT s (--timeout)"
	else
		guest_died 125 "the guest died before its command ended"
	fi
}

guest_died()
{
	say "$2. The end of $CONSOLE:"
	tail -n 40 "$CONSOLE" | tr -d '\r' | sed 's/^/    /' >&2
	exit "$1"
}
