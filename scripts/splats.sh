#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# splats.sh FILE...: print the kernel complaints in these console logs
#
# KCSAN reports races of the whole kernel. A report counts if a function of the module is in
# one of its two stacks.
#
# Exit status 1 if there is a complaint; 2 if a file cannot be read.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# How reports begin, one on each line; # starts a comment
PATTERNS='
BUG: 			# KASAN, slab, lockdep, sleeping, soft lockup, bad state
WARNING: 		# WARN_ON, lockdep
kernel BUG at
Kernel panic - not syncing
Oops: 
general protection fault
Unable to handle kernel
UBSAN: 
KCSAN: 
INFO: task .* blocked for more than
INFO: possible (circular|recursive|irq lock)
INFO: (rcu_|suspicious|trying to register non-static key)
rcu: INFO: .*(detected|self-detected) stall
possible (circular locking|recursive locking|deadlock)
inconsistent lock state
suspicious RCU usage
unreferenced object 0x
kmemleak: .*[1-9][0-9]* new suspected memory leaks
refcount_t: 		# its WARNING has the same line
ref_tracker: .*(leaked|has [0-9]+ users)
leaked reference
ODEBUG: 
list_(add|del) corruption
scheduling while atomic
unregister_netdevice: waiting for
IPv[46]: Attempt to release (alive|TCP)
Attempt to release .* socket
Bad page state
Slab .*(Objects remaining|corrupt)
Objects remaining in
nf_conntrack: .*leak
xtcp: guest-(init|run): 	# the guest itself
'

expression=$(sed -E 's/[[:space:]]+#.*//; /^$/d' <<<"$PATTERNS" | paste -sd '|')

# own_races FILE: the file, with empty lines for races of others; a report that breaks off is
# kept
own_races()
{
	awk '
		function flush(keep) {
			for (i = 1; i <= n; i++)
				print keep ? report[i] : ""
			n = 0
		}
		/BUG: KCSAN: / { flush(1); ours = 0; n = 1; report[1] = $0; next }
		!n { print; next }
		{ report[++n] = $0 }
		/\[xtcp\]/ { ours = 1 }
		/=====================/ { flush(ours) }
		END { flush(1) }
	' "$1"
}

[ $# -gt 0 ] || usage "$0"
found=0
for file; do
	[ -r "$file" ] || { say "cannot read $file"; exit 2; }
	! own_races "$file" | grep -aEn "$expression" | tr -d '\r' | sed "s|^|$file:|" | grep -a . || found=1
done
exit "$found"
