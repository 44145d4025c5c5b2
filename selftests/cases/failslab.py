# SPDX-License-Identifier: GPL-2.0
"""Memory fails: each allocation that the module causes, one after the other.

A call fails cleanly or succeeds, a segment is handled or lost as on a bad link; connections
survive; nothing leaks, and the kernel does not complain.

The last case asks whether every call of the module that may fail has failed once.
Needs the module to itself: no other test may run beside it.
"""
import errno
import functools
import socket
import time

from lib import scenes
from lib.faults import sites
from lib import SOL_TCP, V4, V6, case, check, counters, equal, knobs, main, table, wait_for
from lib.module import load, unload_soon
from lib.program import Program
from lib.scenes import (HOP_OPTIONS, IP6, IPV6_HOPOPTS, Place, accepted, all_data, end, half_open,
                    listening, opened, walk)

BOTH = (V4, V6)
IPV6_RECVPKTINFO, TCP_SAVE_SYN, PAGE_OF_PORTS, ENOTSUPP = 49, 27, 512, 524

#: Sites that no fault can reach, or whose failure can't be seen, and why: "function callee"
PERCPU = "failslab does not know the allocator, which has memory in store"
LINEAR = "ICMP has pulled that already"
UNTOLD = "a buffer's bytes: they fail, but the kernel tells of it by no trace"
KEPT = "the route was looked up a moment before, and is kept"
VMALLOC = "where it fails vmalloc() is asked, and of that the kernel tells nothing"
EXCEPTIONS = {
    "xtcp_v4_err __pskb_pull_tail": LINEAR,
    "xtcp_v6_err __pskb_pull_tail": LINEAR,
    "net_init __alloc_percpu": PERCPU,
    "xtcp_wheels_init __alloc_percpu": PERCPU,
    "xtcp_listen __alloc_percpu_gfp": PERCPU,
    "xtcp_proto_register __percpu_counter_init": PERCPU,
    "xtcp_conn_init kvmalloc_node": VMALLOC,
    "xtcp_ephemeral_init kvmalloc_node": VMALLOC,
    "xtcp_parse __pskb_pull_tail": UNTOLD,
    "xtcp_cut pskb_expand_head": UNTOLD,
    "connect_v4 ip_route_output_flow": KEPT,
    "xtcp_route ip_route_output_key_hash": "is for who has no address yet",
}


def with_faults(families=None, bound=60):
    """A case for a kernel that can make memory fail; the kernel must not complain."""
    def mark(function):
        @functools.wraps(function)
        def watched(*args):
            Place.enter()
            function(*args)
            Place.faults.all_is_well()
        return case(families, bound, ("debug",))(watched)
    return mark


@with_faults(BOTH)
def calls__that_make_a_connection(family):
    walk(scenes.socket_, family)
    pages = iter(range(PAGE_OF_PORTS * (20 if family == V4 else 60), 60000, PAGE_OF_PORTS))
    walk(scenes.bind_, family, pages)
    walk(scenes.bind_any, family)
    walk(scenes.listen_, family)
    walk(scenes.reuseport_program, family, allowed=(ENOTSUPP,))
    walk(scenes.connect_, family, False)
    walk(scenes.connect_, family, True)
    walk(scenes.accept_, family)


@with_faults(BOTH)
def calls__on_a_connection(family):
    walk(scenes.send_, family, 100, allowed=(errno.EAGAIN,))
    walk(scenes.send_, family, 40000, allowed=(errno.EAGAIN,))
    walk(scenes.send_, family, 1, socket.MSG_OOB, allowed=(errno.EAGAIN,))
    walk(scenes.read_opens_window, family)
    walk(scenes.route_changes, family)
    walk(scenes.shutdown_, family)
    for how in ("plain", "unread", "linger"):
        walk(scenes.close_, family, how)
    walk(scenes.close_listener, family)
    walk(scenes.disconnected, family)
    walk(scenes.ip_options, family)
    walk(scenes.view, family)
    walk(scenes.drain, family)


@with_faults(BOTH)
def segments__that_open(family):
    walk(scenes.syn, family)
    walk(scenes.syn, family, ((SOL_TCP, TCP_SAVE_SYN, 1),))
    walk(scenes.third_segment, family)
    walk(scenes.third_segment, family, (), b"")
    if family == V4:
        walk(scenes.with_options, scenes.syn)
    else:
        for options in (((IP6, IPV6_RECVPKTINFO, 1),), ((IP6, IPV6_HOPOPTS, HOP_OPTIONS),)):
            walk(scenes.syn, family, options)
            walk(scenes.third_segment, family, options)
    with knobs(Place.host.ns, syncookies=2):
        walk(scenes.third_segment, family)
    walk(scenes.no_such_port, family)
    for flags in ("S", "A"):
        walk(scenes.half_open_answers, family, flags)


@with_faults(BOTH)
def segments__of_a_connection(family):
    for order in ("next", "hole", "small"):
        walk(scenes.data_arrives, family, order)
    for linear in (0, 20):
        walk(scenes.scattered, family, linear)
    if family == V4:
        walk(scenes.with_options, scenes.data_arrives, "next")
    walk(scenes.ack_sends_more, family)
    walk(scenes.cut_on_the_way, family)
    walk(scenes.lost_segment, family)
    walk(scenes.urgent, family)


@with_faults(BOTH)
def segments__that_close(family):
    for other in (False, True):
        walk(scenes.fin_to_time_wait, family, other)
    walk(scenes.time_wait_answers, family)


@with_faults(bound=100)
def module__loads_or_not():
    """If a step of loading fails, the earlier ones are undone."""
    unload_soon()
    try:
        Place.faults.walk_own(scenes.insmod)
    finally:
        load()


@with_faults()
def namespace__begins_or_not():
    Place.faults.walk_own(scenes.new_namespace)


@with_faults(BOTH)
def group__grows_or_not(family):
    """The kernel makes room for 128 listeners at first."""
    walk(scenes.listen_in_group, family, 128)


@with_faults(BOTH)
def timers__without_memory(family):
    """Retransmissions happen once there is memory again."""
    far, s = opened(family)
    with listening(family) as listener:
        waiting = half_open(listener, family)
        s.send(b"lost")
        with Place.faults.caches_fail():
            time.sleep(3)
        check(any("timer" in site or "expired" in site for site in Place.faults.last),
              f"sites in timers: {Place.faults.last}")
        all_data(far, 4)
        end(far, s)
        waiting.send("A")
        end(waiting, wait_for(lambda: accepted(listener), 5, "the connection"))


@with_faults()
def traffic__with_little_memory():
    """One allocation in twenty fails, for all callers, on both processors."""
    traffic = Program(Place.host.ns, "echo", 8, 0, 3, 7100)
    traffic.hear(b"up")
    with Place.faults.caches_fail(percent=5):
        for _ in range(3):
            traffic.hear(b"connections", 60)
        said = counters(Place.host.ns)
        check(said["send_no_memory"] > 0, "send_no_memory does not count")
    traffic.hear(b"connections")
    traffic.kill()
    wait_for(lambda: not table(Place.host.ns), 30, "an empty table")


@case(places=("debug",))
def sites__have_all_failed():
    """Every call of the module that may fail has failed, in one of the cases above."""
    Place.enter()
    hit = Place.faults.hit
    missed = []
    for site, what in sorted(sites().items()):
        reason = EXCEPTIONS.get(site.partition("+")[0] + " " + what, "")
        print(f"# {hit.get(site, 0):5} {site} {what} {reason}")
        if site not in hit and not reason:
            missed.append(f"{site} {what}")
    for site in sorted(set(Place.faults.inner) - set(sites())):
        print(f"# met, and no site: {site}")
    print(f"# {Place.faults.injected} allocations have failed")
    equal(missed, [], "sites where none has failed")


try:
    main()
finally:
    Program.kill_all()
    Place.leave()
