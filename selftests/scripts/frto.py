# SPDX-License-Identifier: GPL-2.0
"""Spurious timeouts: RFC 5682 (F-RTO), RFC 3522 (Eifel)."""
from lib.script import SACK_OK, mss, script

FULL = 1000
RTO = (0.2, 1.5)


def timed_out(t, sent):
    """Ten segments are in flight for so long that the first is retransmitted.

    With SACK a tail loss probe is sent before: the eleventh.
    """
    t.established()
    t.send(30 * FULL)
    for at in range(10):
        t.host("A", seq=1 + at * FULL, data=FULL)
    if sent > 10:
        t.host("A", seq=1 + 10 * FULL, data=FULL, after=(0, 1))
    t.host("A", seq=1, data=FULL, after=RTO)
    t.quiet(0.02)


def probed(t, sent=10):
    """2.1 (2b): the first ACK triggers two new segments, not two old ones."""
    timed_out(t, sent)
    t.peer("A", ack=1 + FULL)
    for at in (sent, sent + 1):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.quiet(0.02)


@script(opts=mss(FULL), slow=True)
def spurious__nothing_else_is_sent_again(t):
    """2.1 (3b): the next ACK is for data not retransmitted: the timeout was spurious."""
    probed(t)
    for at in range(2, 13):
        t.peer("A", ack=1 + at * FULL)
    seg = t.next(0.1)
    t.check(seg is not None and t.count_seq(seg) == 1 + 12 * FULL, "not the next new segment")
    while (seg := t.next(0.02)) is not None:
        t.check(t.count_seq(seg) >= 1 + 12 * FULL, "old data are retransmitted")


@script(opts=mss(FULL), slow=True)
def real__a_duplicate_follows(t):
    """2.1 (3a): the segments in between are lost, and are retransmitted in slow start."""
    probed(t)
    t.peer("A", ack=1 + FULL)
    t.host("A", seq=1 + FULL, data=FULL)
    t.quiet(0.02)


@script(opts=mss(FULL) + SACK_OK, slow=True)
def sack__spurious(t):
    """3.1 (3b): a segment sent before the timeout is SACKed: it was only delayed."""
    probed(t, 11)
    t.peer("A", ack=1 + FULL, sack=[(1 + 2 * FULL, 1 + 3 * FULL)])
    seg = t.next(0.02)
    t.check(seg is None or t.count_seq(seg) != 1 + FULL, "retransmitted at once")


@script(opts=mss(FULL) + SACK_OK, slow=True)
def sack__real(t):
    """3.1 (3a): only the new segments are SACKed: all before them are lost."""
    probed(t, 11)
    t.peer("A", ack=1 + FULL, sack=[(1 + 11 * FULL, 1 + 12 * FULL)])
    for at in (1, 2):               # three may be in flight: one of the two new ones still is
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.quiet(0.02)


@script(opts=mss(FULL), clock=5000, slow=True)
def eifel__the_first_ack_tells(t):
    """RFC 3522 3.2, (4): TSecr is older than the retransmission: the timeout was spurious."""
    t.established()
    t.send(30 * FULL)
    size = None
    for _ in range(10):
        seg = t.next(0.1)
        size = size or len(seg.data)
        echo = t.stamps(seg)[0]
    t.host_end = 1 + 10 * size
    t.host("A", seq=1, data=size, after=RTO)
    t.peer("A", ack=1 + size, stamp=(t.now(), echo))
    seg = t.next(0.1)
    t.check(seg is not None and t.count_seq(seg) == 1 + 10 * size, "not the next new segment")
