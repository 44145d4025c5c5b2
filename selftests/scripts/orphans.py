# SPDX-License-Identifier: GPL-2.0
"""Orphans: however the peer behaves, they end.

The bounds are those of docs/orphans.md. The peer here answers every segment.
"""
from lib.script import mss, script


def answered(t, until, **answer):
    """Answer all that the host sends; returns how long it goes on, and its last segment."""
    begin, last = t.last, t.last_of_host()
    while t.last - begin < until and (seg := t.next(130)) is not None:
        last = seg
        if "R" in seg.flags:
            break
        t.peer("A", **answer)
        del t.ladder[20:-2]
    return last.when - begin, last


@script(slow=True, linux="it lives for four minutes, and goes without an RST")
def closed_window__is_given_up(t):
    """MUST-37 doesn't apply to orphans: R2 counts answered probes, too."""
    t.established(win=100)
    t.send(200)
    t.host("A", data=100)
    t.peer("A", ack=101, win=0)
    t.close()
    lived, last = answered(t, 86400, ack=101, win=0)
    t.check(60 < lived < 180, f"it lived for {lived:.0f} s")
    t.check("R" in last.flags, "the peer is not told by RST that bytes are lost")
    t.state("LISTEN")


@script(slow=True, linux="it ends with the next probe, and without an RST")
def closed_window__for_hours_before(t):
    """The probe interval is minutes when the program closes: it starts anew."""
    t.established(win=100)
    t.send(200)
    t.host("A", data=100)
    t.peer("A", ack=101, win=0)
    lived, _ = answered(t, 20000, ack=101, win=0)
    t.check(lived >= 20000, "given up before the program closed")
    t.close()
    lived, last = answered(t, 86400, ack=101, win=0)
    t.check(60 < lived < 180, f"it lived for {lived:.0f} s")
    t.check("R" in last.flags, "the peer is not told by RST that bytes are lost")
    t.state("LISTEN")


@script(slow=True, opts=mss(1000), linux="bytes that the peer takes keep it for ever")
def bytes_one_by_one__end_with_orphan_timeout(t):
    """A peer that takes a byte a minute would need years for a send buffer."""
    t.established()
    t.send(1000)
    t.host("A", data=1000)
    t.close()
    begin, acked = t.last, 1
    while t.last - begin < 4000:
        seg = t.next(25)
        if seg is not None and "R" in seg.flags:
            break
        if seg is None:
            acked += 1
            t.peer("A", ack=acked, win=0)
        del t.ladder[20:-2]
    lived = t.last - begin
    t.check(3590 < lived < 3640, f"it lived for {lived:.0f} s")
    t.state("LISTEN")


@script(slow=True, states=("FIN_WAIT1", "CLOSING", "LAST_ACK"))
def fin_never_acknowledged__is_given_up(t, state):
    """A peer that answers, its window closed, and never acknowledges our FIN."""
    t.reach(state)
    t.close()
    lived, _ = answered(t, 86400, ack=t.host_end - 1, win=0)
    t.check(lived < 400, f"it lived for {lived:.0f} s")
    t.state("LISTEN")


@script(slow=True)
def fin_wait_2__old_text_buys_no_time(t):
    """Old data are retransmitted for ever: each is answered, none prolongs the state."""
    t.established()
    t.peer("A", 100)
    t.host("A", after=(0, 0.5))
    t.recv(100)
    t.shutdown()
    t.host("FA")
    t.peer("A")
    t.close()
    begin = t.last
    for _ in range(200):
        t.quiet(1)
        t.peer("A", 100, seq=1)
        seg = t.next(1)
        if "R" in seg.flags:
            break
        t.check(seg.flags == "A" and t.count_ack(seg) == 101, "no ACK")
    t.check(55 < t.last - begin < 70, f"it lived for {t.last - begin:.0f} s")
    t.state("LISTEN")


@script(slow=True, linux="a FIN again starts it anew, however often")
def time_wait__the_fin_for_ever(t):
    """3.10.7.4, eighth: a retransmitted FIN restarts 2 MSL; not if it comes more often than
    from any TCP.
    """
    t.reach("TIME_WAIT")
    t.close()
    begin = t.last
    while t.last - begin < 7200:
        t.quiet(50)
        t.peer("FA", seq=1, ack=2)
        seg = t.next(1)
        if "R" in seg.flags:
            break
        t.check(seg.flags == "A", "no ACK")
        del t.ladder[20:-2]
    t.check(800 < t.last - begin < 1100, f"it lived for {t.last - begin:.0f} s")
    t.state("LISTEN")
