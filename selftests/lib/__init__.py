# SPDX-License-Identifier: GPL-2.0
"""What all the selftests share, under one name: `from lib import case, main, pair...`

base     places and sizes, checks, waits, processes
views    the connection table, counters and sysctls
spaces   namespaces and links
sockets  sockets, alone and in pairs
cases    cases, and main()

A test is a file of cases/ with functions marked @case; its last line calls main().
Every wait is for a condition and has a bound.  The protocol under test is
$XTCP_PROTO (253); with 6 the same cases run on the kernel's own TCP, which shows that
the cases are right.
"""
from lib.base import (BRIDGE, BUILT, FAMILIES, FULL, IS_XTCP, MAPPED, MSG_NOSIGNAL, PLACE,
                      PROTO, SIZE, SIZES, SOL_TCP, SO_DOMAIN, SO_PROTOCOL, SO_RCVBUFFORCE,
                      TCP_END, TOP, V4, V6, WIRE_PROTO, Bound, Child, Failure, check, equal,
                      errname, errno_of, expect_errno, fail, libc, run, slow, wait_for)
from lib.views import (ORPHANED, STATES, TCP_KNOBS, Row, counters, knob, knob_path, knobs,
                      orphans, settle, states, table, wait_state, wait_states)
from lib.spaces import (CLONE_NEWNET, MNT_DETACH, MS_BIND, Net, Ns, net, port)
from lib.sockets import (any_addr, disconnect, listen, noise, pair, readable, recv_exact,
                      so_error, sock)
from lib.cases import (case, main)
