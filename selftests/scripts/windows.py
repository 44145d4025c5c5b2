# SPDX-License-Identifier: GPL-2.0
"""Windows: RFC 9293 section 3.8.6: closed, shrunk, silly, and large."""
import errno
import fcntl
import os
import signal

from lib.script import mss, script, wscale

FULL = 1000


@script(opts=mss(FULL))
def sender__keeps_within_the_window(t):
    """3.8.1: nothing beyond SND.UNA + SND.WND."""
    t.established(win=3 * FULL)
    t.send(5 * FULL)
    for at in range(3):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.quiet(0.1)
    t.peer("A", ack=1 + 2 * FULL)
    t.host("A", seq=1 + 3 * FULL, data=FULL)
    t.host("A", seq=1 + 4 * FULL, data=FULL)


@script()
def largest_window_without_scaling(t):
    """MUST-1: 32768 is a large window, not a negative one; so is 65535."""
    t.established(win=32768)
    t.send(100)
    t.host("A", data=100)
    t.peer("A", ack=101, win=65535)
    t.send(100)
    t.host("A", data=100)


@script(opts=mss(FULL) + wscale(14))
def largest_window_with_scaling(t):
    """RFC 7323 2.3: a shift of 14; the window is a gigabyte."""
    t.established(win=65535)
    t.send(3 * FULL)
    for at in range(3):
        t.host("A", seq=1 + at * FULL, data=FULL)




@script(slow=True)
def zero__probed_at_growing_intervals(t):
    """MUST-36, SHLD-29, SHLD-30: the first probe after the RTO, then twice as long."""
    t.established(win=100)
    t.send(200)
    t.host("A", data=100)
    t.peer("A", ack=101, win=0)
    first = t.host("A", seq=(100, 101), data=None, after=(0.2, 1.2))
    gap = first.when - t.ladder[-2][0]
    for _ in range(6):
        t.peer("A", ack=101, win=0)
        since = t.last
        seg = t.host("A", seq=(100, 101), data=None, after=(1.8 * gap, 2.2 * gap))
        gap = seg.when - since
    t.peer("A", ack=101, win=1000)
    t.host("A", seq=101, data=100)


@script(slow=True)
def zero__stays_open_while_probes_are_answered(t):
    """MUST-37: for two days the window is closed, and every probe is answered."""
    t.established(win=100)
    t.send(200)
    t.host("A", data=100)
    t.peer("A", ack=101, win=0)
    gap = 0
    while t.last - t.start < 172800:
        seg = t.host("A", seq=(100, 101), data=None, after=(0, 240))
        gap = max(gap, seg.when - t.ladder[-2][0])
        t.peer("A", ack=101, win=0)
        del t.ladder[20:-2]
    t.check(gap <= 240, "the probe interval is too long")
    t.state("ESTABLISHED")
    t.peer("A", ack=101, win=1000)
    t.host("A", seq=101, data=100)


@script(slow=True)
def zero__unanswered_probes_end_it(t):
    """The peer is gone: R2, which is 100 s or more (SHLD-11), holds for probes, too."""
    t.established(win=100)
    t.send(200)
    t.host("A", data=100)
    t.peer("A", ack=101, win=0)
    begin = t.last
    while (seg := t.next(130)) is not None:
        t.check(seg.flags == "A" and t.last - begin < 2000, "still probing")
    t.check(t.last - begin > 100, f"given up after {t.last - begin:.0f} s")
    t.state("LISTEN")


@script(slow=True)
def zero__the_update_that_opens_is_lost(t):
    """The peer's window update is lost; our probe finds the window open."""
    t.established(win=100)
    t.send(200)
    t.host("A", data=100)
    t.peer("A", ack=101, win=0)
    t.host("A", seq=(100, 101), data=None, after=(0.2, 1.2))
    t.peer("A", ack=101, win=500)
    t.host("A", seq=101, data=100)


@script()
def zero__ack_and_reset_are_processed(t):
    """MUST-66: our window is closed; the ACK of a segment that doesn't fit is processed."""
    t.established(options={"SO_RCVBUF": 2048})
    t.fill_window()
    t.send(100)
    t.host("A", data=100)
    end = t.snd_nxt
    t.peer("A", 1, ack=101)
    t.host("A", ack=end, win=0)
    t.snd_nxt = end
    t.send(100)
    t.host("A", data=100)


@script()
def zero__urgent_pointer_and_reset_are_processed(t):
    """MUST-66: the urgent pointer of a segment that doesn't fit, and an RST, are processed."""
    seen = []
    old = signal.signal(signal.SIGURG, lambda *_: seen.append(1))
    try:
        t.established(options={"SO_RCVBUF": 2048})
        fcntl.fcntl(t.sock, fcntl.F_SETOWN, os.getpid())
        t.fill_window()
        end = t.snd_nxt
        t.peer("UA", 1, up=1)
        t.host("A", ack=end, win=0)
        t.check(seen, "no SIGURG")
        t.snd_nxt = end
        t.peer("R", seq=end)
        t.state("LISTEN")
    finally:
        signal.signal(signal.SIGURG, old)


@script()
def zero__probe_is_answered(t):
    """3.8.6.1: a byte beyond our closed window draws an ACK with the window."""
    t.established(options={"SO_RCVBUF": 2048})
    t.fill_window()
    end = t.snd_nxt
    t.peer("A", 1, seq=end)
    t.host("A", ack=end, win=0)
    t.snd_nxt = end
    t.state("ESTABLISHED")


@script()
def zero__reading_opens_it(t):
    """The program reads: the peer gets a window update unasked."""
    t.established(options={"SO_RCVBUF": 4096})
    t.fill_window()
    t.recv(t.snd_nxt - 1)
    seg = t.host("A", win=(500, 65535))
    t.check(seg.win >= 536, "a window too small for an update")


@script(slow=True, linux="when the window opens again it waits for its timeout")
def shrunk__only_the_edge_is_retransmitted(t):
    """MUST-34, SHLD-15, SHLD-16, SHLD-17: the peer shrinks its window."""
    t.established(win=4 * FULL, opts=mss(FULL))
    t.send(6 * FULL)
    for at in range(4):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.peer("A", ack=1, win=2 * FULL)
    t.host("A", seq=1, data=FULL, after=(0.2, 1.5))
    t.peer("A", ack=1 + FULL, win=FULL)
    t.host("A", seq=1 + FULL, data=FULL, after=(0, 3))
    t.peer("A", ack=1 + 2 * FULL, win=0)
    for _ in range(2):
        t.host("A", seq=1 + 2 * FULL, data=FULL, after=(0.2, 3))
    t.state("ESTABLISHED")
    t.peer("A", ack=1 + 2 * FULL, win=4 * FULL)
    t.host("A", seq=1 + 2 * FULL, data=FULL)
    t.peer("A", ack=1 + 3 * FULL, win=4 * FULL)
    t.host("A", seq=1 + 3 * FULL, data=FULL)
    t.host("A", seq=1 + 4 * FULL, data=FULL)


@script(slow=True, linux="when the window opens again it waits for its timeout")
def shrunk__what_lies_beyond_does_not_end_it(t):
    """SHLD-17: for two hours none of it is acknowledged, but each retransmission is answered."""
    t.established(win=3 * FULL, opts=mss(FULL))
    t.send(3 * FULL)
    for at in range(3):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.peer("A", ack=1 + FULL, win=0)
    while t.last - t.start < 7200:
        t.host("A", seq=1 + FULL, data=FULL, after=(0.1, 240))
        t.peer("A", ack=1 + FULL, win=0)
        del t.ladder[20:-2]
    t.state("ESTABLISHED")
    t.peer("A", ack=1 + FULL, win=2 * FULL)
    t.host("A", seq=1 + FULL, data=FULL)
    t.peer("A", ack=1 + 2 * FULL, win=2 * FULL)
    t.host("A", seq=1 + 2 * FULL, data=FULL)


@script()
def shrunk__to_zero_with_data_in_flight(t):
    """A usable window below zero: no new data are sent, nothing breaks."""
    t.established(win=4 * FULL, opts=mss(FULL))
    t.send(4 * FULL)
    for at in range(4):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.peer("A", ack=1 + 2 * FULL, win=0)
    t.send(FULL)
    t.quiet(0.15)
    t.state("ESTABLISHED")


@script()
def ours__is_never_shrunk(t):
    """SHLD-14: the advertised right edge stays, while the buffer fills."""
    t.established(options={"SO_RCVBUF": 8192})
    edge = 0
    for _ in range(100):
        seg = t.fill_window_step()
        now = t.count_ack(seg) + seg.win
        t.check(now >= edge, f"the right edge went from {edge} to {now}")
        edge = now
        if not seg.win:
            break


@script(opts=mss(FULL))
def silly__sender_waits_for_a_full_segment(t):
    """MUST-38: the window opens by a little: no small segment is sent."""
    t.established(win=4 * FULL)
    t.send(8 * FULL)
    for at in range(4):
        t.host("A", seq=1 + at * FULL, data=FULL)
    t.peer("A", ack=1 + FULL, win=3 * FULL + 100)
    t.quiet(0.05)
    t.peer("A", ack=1 + 2 * FULL, win=3 * FULL)
    t.host("A", seq=1 + 4 * FULL, data=FULL)


@script(opts=mss(FULL), linux="it sends no more than half of the largest window at once")
def silly__half_the_largest_window_may_go(t):
    """MUST-38, rule 3: with nothing in flight, half of the largest window will do."""
    t.established(win=800)
    t.send(2000)
    t.host("A", data=800)
    t.peer("A", ack=801, win=400)
    t.host("A", seq=801, data=400)


@script(opts=mss(FULL), slow=True)
def silly__overridden_by_time(t):
    """MUST-38, rule 4: a tiny window that stays is used in the end."""
    t.established(win=2 * FULL)
    t.send(3 * FULL)
    t.host("A", seq=1, data=FULL)
    t.host("A", seq=1 + FULL, data=FULL)
    t.peer("A", ack=1 + 2 * FULL, win=100)
    t.host("A", seq=1 + 2 * FULL, data=(1, 100), after=(0.1, 1.2))


@script(opts=mss(1400))
def silly__receiver_tells_no_small_steps(t):
    """MUST-39: the window opens by half the buffer or a full segment, not less.

    The program reads a little at a time, and the peer asks each time.
    """
    t.established(options={"SO_RCVBUF": 8192})
    t.fill_window()
    while not t.last_of_host().win:
        t.recv(50)
        t.peer("A", 1, seq=t.snd_nxt)
        while (seg := t.next(0.02)) is not None:
            t.check(not seg.win or seg.win >= 1400, f"a window of {seg.win}")


@script(slow=True)
def update_in_the_past__is_ignored(t):
    """3.10.7.4, fifth: SND.WL1 and SND.WL2: an older segment doesn't update the window."""
    t.established(win=5000)
    t.peer("A", 100)
    t.host("A", after=(0, 0.5))
    t.peer("A", 100, win=5000)
    t.host("A", after=(0, 0.5))
    t.peer("A", 100, seq=1, win=0)
    t.host("A", seq=1, ack=201)
    t.send(100)
    t.host("A", data=100)


@script(opts=mss(1400) + wscale(3))
def window_field_is_scaled(t):
    """RFC 7323 2.2: after the SYNs the field counts in units of 8 here."""
    t.listen()
    t.peer("S")
    t.host("SA", ack=1)
    t.peer("A", win=375)
    t.accept()
    t.send(4000)
    t.host("A", seq=1, data=1400)
    t.host("A", seq=1401, data=1400)
    t.quiet(0.05)


@script()
def syn_window_is_not_scaled(t):
    """RFC 7323 2.2: "the window field in a SYN segment itself is never scaled"."""
    t.established(win=100, opts=mss(1460) + wscale(7))
    t.peer("A", ack=1, win=100)
    t.send(200)
    t.host("A", data=200)


@script()
def recv_nothing__is_no_error(t):
    t.established()
    t.recv(err=errno.EAGAIN)
