# SPDX-License-Identifier: GPL-2.0
"""Lifetimes under stress: many threads, processors, namespaces and loads at once.

The kernel's checkers decide: KASAN, lockdep and others in the debug kernel, KCSAN in the one
for races. Besides, calls fail only with their documented errors, data arrive complete, and at
the end nothing is left: no row, no socket, no reference on the module.

Needs the module to itself: no other test may run beside it.
"""
import signal

from lib import FULL, IS_XTCP, PLACE, Ns, case, check, counters, knob, main, table, wait_for
from lib.module import load, parameter, unload_soon
from lib.program import Program

CPU1 = "/sys/devices/system/cpu/cpu1/online"
ECHO_AT, MIX_AT = 7100, 7000

# Operations per thread, connections per client, rounds of slow work, and how often the module is
# reloaded
AMOUNT = {"uml": (20000, 400, 5, 100), "vm": (6000, 150, 4, 10), "smp": (2000, 60, 2, 3), "debug": (2000, 60, 2, 3),
          "kcsan": (6000, 150, 2, 3)}[PLACE]
TIMES = 10 if FULL and PLACE != "kcsan" else 1
OPERATIONS, CONNECTIONS, ROUNDS, LOADS = (n * TIMES for n in AMOUNT)
LOADS = min(LOADS, 100)


def host():
    """A namespace whose connections end soon."""
    ns = Ns("s")
    ns.ip("link set lo up")
    if IS_XTCP:
        load()
        for name, value in (("msl_ms", 100), ("fin_timeout", 1), ("orphan_retries", 1),
                            ("synack_retries", 1)):
            knob(ns, name, value)
    return ns


def nothing_is_left(ns):
    """All connections have ended, TIME-WAIT entries and orphans too."""
    wait_for(lambda: not table(ns), 30, "an empty table")


@case(bound=300)
def same_sockets__many_threads():
    """connect, accept, close, shutdown, poll, send... by all threads on shared sockets."""
    ns = host()
    programs = [Program(ns, "mix", 1, OPERATIONS, 4),
                Program(ns, "echo", 2, CONNECTIONS, 2, ECHO_AT)]
    if IS_XTCP:
        programs.append(Program(ns, "knock", 3, OPERATIONS, 2, 35, MIX_AT, MIX_AT + 1, MIX_AT + 2,
                                ECHO_AT, ECHO_AT + 1))
    for program in programs:
        program.join()
    if IS_XTCP:
        said = counters(ns)
        check(said["passive_opens"] > CONNECTIONS, f"passive_opens: {said['passive_opens']}")
        check(said["tw_created"] > 0, "nothing went to TIME-WAIT")
    nothing_is_left(ns)
    ns.remove()


@case(bound=300, places=("vm", "debug", "kcsan"))
def processor__goes_and_comes_under_load():
    ns = host()
    traffic = Program(ns, "echo", 4, 0, 3, ECHO_AT)
    traffic.hear(b"up")
    try:
        for _ in range(ROUNDS * 3):
            for online in ("0", "1"):
                with open(CPU1, "w", encoding="ascii") as file:
                    file.write(online)
                traffic.hear(b"connections")
    finally:
        with open(CPU1, "w", encoding="ascii") as file:
            file.write("1")
        traffic.kill()
    nothing_is_left(ns)
    ns.remove()


@case(bound=300)
def namespaces__come_and_go_under_load():
    """Some with traffic, some empty; a removed namespace leaves nothing behind."""
    stays = host()
    traffic = Program(stays, "echo", 5, 0, 2, ECHO_AT)
    traffic.hear(b"up")
    for number in range(ROUNDS * 4):
        goes = host()
        inside = Program(goes, "echo", number, 0, 2, ECHO_AT)
        if number % 4:
            inside.hear(b"connections")
        goes.remove()
        inside.kill()
        Ns("e").remove()
    traffic.hear(b"connections")
    traffic.kill()
    nothing_is_left(stays)
    stays.remove()


@case(bound=2000, xtcp_only="it can't be unloaded")
def module__goes_and_comes_under_traffic():
    """insmod, traffic that is killed, rmmod, while segments keep arriving.

    The parameter drain ends the orphans of the killed programs.
    """
    ns = host()
    knocking = Program(ns, "knock", 6, 1 << 30, 1, 0, ECHO_AT, ECHO_AT + 1, ECHO_AT + 2)
    for number in range(LOADS):
        load()
        traffic = Program(ns, "echo", number, 0, 3, ECHO_AT)
        traffic.hear(b"connections")
        traffic.kill()
        parameter("drain", 1)
        unload_soon(30)
    print(f"# {LOADS} rounds")
    check(knocking.process.poll() is None, "knock has ended")
    knocking.process.send_signal(signal.SIGKILL)
    knocking.kill()
    load()
    ns.remove()


try:
    main()
finally:
    Program.kill_all()
