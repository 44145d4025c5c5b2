# SPDX-License-Identifier: GPL-2.0
"""When ACKs are sent: RFC 9293 section 3.8.6.3, RFC 5681 section 4.2."""
from lib.script import mss, script

FULL = 1400
TOP = 1 << 32


def settle(t, segments=40):
    """A connection past its quick ACKs: full segments arrive, replies are sent."""
    t.established()
    for _ in range(segments):
        t.peer("A", FULL)
        t.recv(FULL)
        t.drain(0)
    t.drain(0.5)


@script()
def delayed__but_not_half_a_second(t):
    """MUST-40, SHLD-18: a lone segment's ACK may wait, for less than 0.5 s."""
    settle(t)
    t.peer("A", 100)
    seg = t.host("A", after=(0, 0.5))
    t.check(seg.when - t.ladder[-2][0] < 0.5, "the ACK came too late")


@script()
def every_second_full_segment(t):
    """SHLD-19: at least every second one, at once."""
    settle(t)
    for _ in range(5):
        t.peer("A", FULL)
        t.peer("A", FULL)
        t.until_acked(at_once=True)
    t.recv(10 * FULL)
    t.drain(0.5)


@script(slow=True)
def one_for_two_segments(t):
    """MUST-58: the first of two full segments draws no ACK, the second one an ACK for both."""
    settle(t)
    for _ in range(5):
        t.peer("A", FULL)
        t.quiet(0.01)
        t.peer("A", FULL)
        t.host("A")


@script(slow=True)
def answer_carries_the_ack(t):
    """SHLD-18: an ACK is delayed a little; data sent meanwhile carry it."""
    settle(t)
    t.peer("A", 100)
    t.quiet(0.02)
    t.send(50)
    t.host("A", data=50)
    t.peer("A", ack=51)
    t.quiet(0.5)


@script()
def quick_at_the_start(t):
    """A young connection's sender is in slow start: ACKs are not delayed."""
    t.established()
    for _ in range(4):
        t.peer("A", FULL)
        t.host("A")
    t.recv(4 * FULL)


@script()
def duplicate_ack_at_once(t):
    """RFC 5681 4.2: out-of-order data is answered immediately, each segment."""
    settle(t)
    hole = t.snd_nxt
    for at in (1, 2, 3):
        t.peer("A", FULL, seq=hole + at * FULL)
        t.host("A", ack=hole)
    t.peer("A", FULL, seq=hole)
    t.host("A", ack=hole + 4 * FULL)
    t.recv(4 * FULL)


@script()
def hole_filled_in_part__at_once(t):
    """RFC 5681 4.2: also when a segment fills a gap only in part."""
    settle(t)
    hole = t.snd_nxt
    t.peer("A", 100, seq=hole + 100)
    t.host("A", ack=hole)
    t.peer("A", 100, seq=hole + 300)
    t.host("A", ack=hole)
    t.peer("A", 100, seq=hole)
    t.host("A", ack=hole + 200)
    t.peer("A", 100, seq=hole + 200)
    t.host("A", ack=hole + 400)
    t.recv(400)


@script()
def out_of_order__is_kept(t):
    """SHLD-31: out-of-order data are queued."""
    t.established()
    for at in (300, 100, 200):
        t.peer("A", 100, seq=1 + at)
        t.host("A", ack=1)
    t.peer("A", 100, seq=1)
    t.host("A", ack=401)
    t.recv(400)


@script()
def old_data_is_acknowledged_again(t):
    """3.10.7.4, first: an unacceptable segment draws <SEQ=SND.NXT><ACK=RCV.NXT>."""
    t.established()
    t.peer("A", 100)
    t.recv(100)
    t.host("A", ack=101, after=(0, 0.5))
    t.peer("A", 100, seq=1)
    t.host("A", seq=1, ack=101)


@script()
def overlap__only_what_is_new_is_taken(t):
    """3.10.7.4: segments that begin before RCV.NXT are trimmed."""
    t.established()
    t.peer("A", 100, seq=1)
    t.host("A", ack=101, after=(0, 0.5))
    t.peer("A", 150, seq=51)
    t.host("A", ack=201, after=(0, 0.5))
    t.recv(200)


@script()
def ack_without_data__is_not_acknowledged(t):
    """A bare ACK takes no sequence number, so it is never acknowledged."""
    t.established()
    t.send(100)
    t.host("A", data=100)
    t.peer("A", ack=101)
    t.peer("A", ack=101)
    t.quiet(0.5)


@script()
def missing_ack_bit__is_dropped(t):
    """3.10.7.4, fifth: if the ACK bit is off, drop the segment and return."""
    t.established()
    t.peer("", 100, seq=1)
    t.peer("F", seq=1)
    t.snd_nxt = 1
    t.quiet(0.1)
    t.state("ESTABLISHED")


@script(isn=TOP - 1)
def wrap__the_peers_syn_is_the_last_number(t):
    """3.4: numbers wrap at 2^32; the SYN has the last, the first byte has 0."""
    t.established()
    t.peer("A", 100)
    t.recv(100)
    t.host("A", ack=101, after=(0, 0.5))


@script(isn=TOP - 5000)
def wrap__the_peers_data_cross_it(t):
    """Data that cross the wrap, and out of order."""
    t.established()
    t.peer("A", FULL)
    t.host("A")
    for at in (4, 3, 2):
        t.peer("A", FULL, seq=1 + at * FULL)
        t.host("A", ack=1 + FULL)
    t.peer("A", FULL, seq=1 + FULL)
    t.host("A", ack=1 + 5 * FULL)
    t.recv(5 * FULL)


@script(isn=TOP - 50)
def wrap__the_peers_fin(t):
    t.established()
    t.peer("FA", 49)
    t.host("A", ack=51, after=(0, 0.5))
    t.recv(49)
    t.eof()
    t.state("CLOSE_WAIT")


@script(slow=True, opts=mss(FULL))
def wrap__our_data_cross_it(t):
    """Our ISN follows a clock: wait until it is just below 2^32, then connect."""
    t.meet_isn(TOP - 3000)
    t.send(4 * FULL)
    for at in range(4):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.peer("A", ack=1 + 2 * FULL)
    t.peer("A", ack=1 + 4 * FULL)
    t.send(100)
    t.host("A", data=100)
    first = t.host("A", seq=1 + 4 * FULL, data=100, after=(0.2, 1.5))
    t.check(first.seq < 1 << 20, "the numbers did not wrap")
    t.peer("A")
    t.shutdown()
    t.host("FA")
