# SPDX-License-Identifier: GPL-2.0
"""When data are sent: Nagle (RFC 9293 section 3.7.4), PUSH (3.9.1.2), cork, segment sizes."""
import socket

from lib.script import mss, script

FULL = 1000


@script()
def nagle__small_waits_for_the_ack(t):
    """SHLD-7: a small segment waits while something is unacknowledged."""
    t.established()
    t.send(10)
    t.host("A", seq=1, data=10)
    t.send(10)
    t.send(10)
    t.quiet(0.1)
    t.peer("A", ack=11)
    t.host("A", seq=11, data=20)


@script(opts=mss(FULL))
def nagle__full_segments_go(t):
    """Only the rest waits."""
    t.established()
    t.send(10)
    t.host("A", seq=1, data=10)
    t.send(2 * FULL + 5)
    t.host("A", seq=11, data=FULL)
    t.host("A", seq=11 + FULL, data=FULL)
    t.quiet(0.1)
    t.peer("A", ack=11 + 2 * FULL)
    t.host("A", data=5)


@script()
def nagle__off(t):
    """MUST-17: TCP_NODELAY."""
    t.established()
    t.setsockopt("TCP_NODELAY", 1)
    for at in (1, 11, 21):
        t.send(10)
        t.host("A", seq=at, data=10)


@script()
def nagle__switched_off_sends_what_waits(t):
    t.established()
    t.send(10)
    t.host("A", data=10)
    t.send(20)
    t.setsockopt("TCP_NODELAY", 1)
    t.host("A", seq=11, data=20)


@script()
def nagle__close_sends_what_waits(t):
    """Nothing can join a segment with the FIN behind it."""
    t.established()
    t.send(10)
    t.host("A", data=10)
    t.send(20)
    t.shutdown()
    t.host("FPA", seq=11, data=20)


@script(opts=mss(FULL))
def cork__full_segments_only(t):
    """TCP_CORK: data that don't fill a segment are held back."""
    t.established()
    t.setsockopt("TCP_CORK", 1)
    t.send(600)
    t.quiet(0.05)
    t.send(600)
    t.host("A", seq=1, data=FULL)
    t.quiet(0.05)
    t.setsockopt("TCP_CORK", 0)
    t.host("PA", seq=1 + FULL, data=200)


@script(opts=mss(FULL), slow=True)
def cork__not_for_ever(t):
    """They are sent after 200 ms."""
    t.established()
    t.setsockopt("TCP_CORK", 1)
    t.send(600)
    t.host("A", seq=1, data=600, after=(0.15, 0.3))


@script(opts=mss(FULL))
def msg_more__waits_for_the_next(t):
    """MSG_MORE announces more data: one segment, not two."""
    t.established()
    t.send(100, flags=socket.MSG_MORE)
    t.quiet(0.05)
    t.send(100)
    t.host("PA", seq=1, data=200)


@script(opts=mss(FULL))
def push__on_the_last_segment_of_a_write(t):
    """MUST-60, MUST-61: the end of a write carries PSH; nothing is kept back."""
    t.established()
    t.send(2 * FULL + 100)
    for at in range(2):
        seg = t.host("A", seq=1 + at * FULL, data=FULL)
        t.check("P" not in seg.flags, "PSH in the middle of a write")
    t.host("PA", seq=1 + 2 * FULL, data=100)


@script()
def push__is_not_needed_by_the_receiver(t):
    """Data without PSH are delivered as soon as they come."""
    t.established()
    t.peer("A", 10)
    t.recv(10)
    t.drain(0.5)


@script(opts=mss(FULL))
def sizes__as_large_as_possible(t):
    """SHLD-28: small writes that wait are sent as full segments."""
    t.established()
    t.send(1)
    t.host("A", data=1)
    for _ in range(30):
        t.send(100)
    for at in range(3):
        t.host("A", seq=2 + at * FULL, data=FULL)


@script(opts=mss(9000))
def sizes__never_larger_than_the_link(t):
    """MUST-16: the peer's MSS is larger than the link's."""
    t.established()
    size = 1460 if t.family == "v4" else 1440
    t.send(2 * size)
    t.host("A", seq=1, data=size)
    t.host("A", seq=1 + size, data=size)


@script(opts=mss(FULL))
def sizes__of_the_user(t):
    """TCP_MAXSEG: the program wants smaller ones."""
    t.established(options={"TCP_MAXSEG": 500})
    t.send(1000)
    t.host("A", seq=1, data=500)
    t.host("A", seq=501, data=500)


@script(opts=mss(FULL))
def initial_window__ten_segments(t):
    """RFC 6928: ten segments before the first ACK; then two for each ACK of one."""
    t.established()
    t.send(40 * FULL)
    for at in range(10):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.quiet(0.05)
    t.peer("A", ack=1 + FULL)
    for at in (10, 11):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.quiet(0.05)


@script(opts=mss(FULL))
def fast_retransmit__third_duplicate(t):
    """RFC 5681 3.2: after three duplicate ACKs the lost segment is retransmitted at once."""
    t.established()
    t.send(8 * FULL)
    for at in range(8):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.peer("A", ack=1)
    t.peer("A", ack=1)
    t.quiet(0.05)
    t.peer("A", ack=1)
    t.host("A", seq=1, data=FULL)
    t.peer("A", ack=1 + 8 * FULL)


@script(opts=mss(FULL))
def congestion_window__after_a_timeout_is_one_segment(t):
    """RFC 5681 3.1 (MUST-19): slow start again, from one."""
    t.established()
    t.send(10 * FULL)
    for at in range(10):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.host("A", seq=1, data=FULL, after=(0.2, 1.5))
    t.quiet(0.05)
    t.peer("A", ack=1 + FULL)
    t.host("A", seq=1 + FULL, data=FULL)
    t.host("A", seq=1 + 2 * FULL, data=FULL)
    t.quiet(0.05)


@script(opts=mss(FULL))
def urgent__of_any_length(t):
    """MUST-31: three segments long; each points to the last byte (MUST-62)."""
    t.established()
    t.send(3 * FULL, flags=socket.MSG_OOB)
    for at in range(3):
        seg = t.host("UA", seq=1 + at * FULL, data=FULL)
        t.check(seg.urg == (3 - at) * FULL, f"urgent pointer {seg.urg}")


@script()
def urgent__is_taken_as_ordinary_data_at_least(t):
    """A segment with URG loses nothing of its text."""
    t.established(options={"SO_OOBINLINE": 1})
    t.peer("UA", 10, up=10)
    t.recv(10)
    t.drain(0.5)
