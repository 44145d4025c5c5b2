# SPDX-License-Identifier: GPL-2.0
"""Opening: RFC 9293 section 3.5, figures 6 to 11, and 3.10.7.2 to 3.10.7.4."""
import errno

from lib import equal, net, sock, states, wait_states
from lib.script import mss, script, wscale


@script()
def figure_6__three_segments(t):
    """A listener: SYN, SYN-ACK, ACK, and then data in both directions."""
    t.listen()
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.state("SYN_RECV")
    t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")
    t.accept()
    t.peer("A", 100, seq=1, ack=1)
    t.recv(100)
    t.host("A", seq=1, ack=101, after=(0, 0.5))
    t.send(50)
    t.host("A", seq=1, ack=101, data=50)


@script()
def figure_6__our_syn(t):
    """connect(): our SYN, the peer's SYN-ACK, our ACK."""
    t.connect()
    t.host("S", seq=0)
    t.state("SYN_SENT")
    t.peer("SA", seq=0, ack=1)
    t.host("A", seq=1, ack=1)
    t.state("ESTABLISHED")
    t.connected()


@script(linux="it acknowledges the second SYN, too, which the figure has not")
def figure_7__simultaneous_open(t):
    """MUST-10: SYNs cross; each is answered by SYN-ACK, and that opens."""
    t.connect()
    t.host("S", seq=0)
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.state("SYN_RECV")
    t.peer("SA", seq=0, ack=1)
    t.state("ESTABLISHED")
    t.connected()
    t.send(10)
    t.host("A", seq=1, data=10)


@script()
def figure_7__an_ack_is_enough(t):
    """3.10.7.4, fifth: SYN-RECEIVED only needs the ACK of our SYN."""
    t.reach("CROSSED")
    t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")
    t.connected()


@script()
def figure_8__old_duplicate_syn(t):
    """The host takes an old SYN for a new one; the peer's RST returns it to LISTEN.

    The real SYN comes afterwards, and opens.
    """
    t.listen()
    t.peer("S", seq=-10)
    t.host("SA", seq=0, ack=-9)
    t.peer("R", seq=-9)
    t.state("LISTEN")
    t.again()
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")
    t.accept()


@script()
def stale_syn_ack__is_reset_and_disturbs_nothing(t):
    """3.10.7.3, first: an ACK of a number that was not sent draws <SEQ=SEG.ACK><CTL=RST>."""
    t.connect()
    t.host("S", seq=0)
    for stale in (-1, 0, 2, 100000):
        t.peer("SA", seq=-500, ack=stale)
        t.host("R", seq=stale)
        t.state("SYN_SENT")
    t.peer("SA", seq=0, ack=1)
    t.host("A", seq=1, ack=1)
    t.connected()


@script()
def syn_sent__bare_ack_of_the_syn_is_ignored(t):
    """3.10.7.3, fifth: neither SYN nor RST: drop the segment."""
    t.reach("SYN_SENT")
    t.peer("A", seq=1, ack=1)
    t.quiet(0.1)
    t.state("SYN_SENT")


@script()
def syn_sent__reset_refuses(t):
    """3.10.7.3, second: RST with the ACK of our SYN: connection reset."""
    t.reach("SYN_SENT")
    t.peer("RA", seq=0, ack=1)
    t.connected(errno.ECONNREFUSED)
    t.state("CLOSED")


@script(linux="a wrong acknowledgment makes it send its SYN again early")
def syn_sent__reset_must_acknowledge_the_syn(t):
    """An RST without an ACK, or with that of another SYN, is dropped."""
    t.reach("SYN_SENT")
    t.peer("R", seq=0)
    t.peer("RA", seq=0, ack=0)
    t.peer("RA", seq=0, ack=2)
    t.quiet(0.1)
    t.state("SYN_SENT")


@script(linux="it leaves text on a SYN-ACK for its retransmission")
def syn_sent__data_on_the_syn_ack(t):
    """3.10.7.3, fourth: text in the segment is processed, too."""
    t.reach("SYN_SENT")
    t.peer("SA", 100, seq=0, ack=1)
    t.host("A", ack=101)
    t.connected()
    t.recv(100)


@script()
def listen__data_of_a_syn_come_again(t):
    """3.10.7.2, third, lets them be queued: here they are neither acknowledged nor kept."""
    t.listen()
    t.peer("S", b"what the SYN had", seq=0)
    t.host("SA", seq=0, ack=1)
    t.peer("A", seq=1, ack=1)
    t.accept()
    t.recv(1, err=errno.EAGAIN)
    t.peer("A", 16, seq=1, ack=1)
    t.host("A", ack=17, after=(0, 0.5))
    t.recv(16)


@script()
def syn_received__data_of_the_syn_and_of_the_third_segment(t):
    """3.10.7.4, fifth and seventh: the final ACK establishes, and its text is delivered."""
    t.listen()
    t.peer("S", b"what the SYN had", seq=0)
    t.host("SA", seq=0, ack=1)
    t.state("SYN_RECV")
    t.peer("A", 100, seq=1, ack=1)
    t.accept()
    t.host("A", ack=101, after=(0, 0.5))
    t.recv(100)


@script()
def listen__reset_is_ignored(t):
    """3.10.7.2, first."""
    t.listen()
    t.peer("R", seq=7)
    t.peer("RA", seq=7, ack=7)
    t.quiet(0.1)
    t.state("LISTEN")


@script()
def listen__ack_is_reset(t):
    """3.10.7.2, second: any acknowledgment is bad if it arrives in LISTEN."""
    t.listen()
    t.peer("A", seq=7, ack=700)
    t.host("R", seq=700)
    t.peer("SA", seq=7, ack=800)
    t.host("R", seq=800)
    t.peer("FA", seq=7, ack=900)
    t.host("R", seq=900)
    t.state("LISTEN")


@script()
def listen__neither_syn_nor_ack_is_ignored(t):
    """3.10.7.2, fourth."""
    t.listen()
    t.peer("", 10, seq=1)
    t.peer("F", seq=1)
    t.quiet(0.1)
    t.state("LISTEN")


@script()
def syn_received__the_syn_again(t):
    """The peer has not received the SYN-ACK: it is retransmitted."""
    t.reach("SYN_RECV")
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")


@script()
def syn_received__wrong_ack_is_reset(t):
    """3.10.7.4, fifth: an ACK that is not acceptable: <SEQ=SEG.ACK><CTL=RST>."""
    t.reach("SYN_RECV")
    for wrong in (0, 2, -100000):
        t.peer("A", seq=1, ack=wrong)
        t.host("R", seq=wrong)
        t.state("SYN_RECV")
    t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")


@script()
def syn_received__reset_returns_to_listen(t):
    """3.10.7.4, second (MUST-11): a passive open returns to LISTEN without telling the user."""
    t.reach("SYN_RECV")
    t.peer("R", seq=1)
    t.state("LISTEN")
    t.accept(err=errno.EAGAIN)


@script(linux="it tells ECONNRESET, where the RFC has \"connection refused\"")
def syn_received__reset_refuses_an_active_open(t):
    """3.10.7.4, second (MUST-11): when SYNs crossed, the user is told."""
    t.reach("CROSSED")
    t.peer("R", seq=1)
    t.connected(errno.ECONNREFUSED)
    t.state("CLOSED")


@script()
def syn_received__segment_without_ack_is_dropped(t):
    """3.10.7.4, fifth: if the ACK bit is off, drop the segment."""
    t.reach("SYN_RECV")
    t.peer("", 10, seq=1)
    t.quiet(0.1)
    t.state("SYN_RECV")


@script()
def syn_received__data_on_the_third_segment(t):
    """The final ACK may carry text; it is delivered and acknowledged."""
    t.reach("SYN_RECV")
    t.peer("A", 100, seq=1, ack=1)
    t.accept()
    t.recv(100)
    t.host("A", ack=101, after=(0, 0.5))


@script()
def syn_received__fin_on_the_third_segment(t):
    """And a FIN: CLOSE-WAIT, when accept() returns it."""
    t.reach("SYN_RECV")
    t.peer("FA", 100, seq=1, ack=1)
    t.host("A", ack=102, after=(0, 0.5))
    t.accept()
    t.recv(100)
    t.eof()
    t.state("CLOSE_WAIT")


@script()
def third_segment_lost__data_opens(t):
    """The ACK of the SYN-ACK is lost: the first data carry it, too."""
    t.listen()
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.accept(err=errno.EAGAIN)
    t.peer("A", 10, seq=1, ack=1)
    t.accept()
    t.recv(10)
    t.host("A", after=(0, 0.5))


@script(slow=True)
def third_segment_lost__syn_ack_again(t):
    """A client that waits for the server's greeting: the retransmitted SYN-ACK draws the ACK."""
    t.listen()
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.host("SA", seq=0, ack=1, after=1)
    t.peer("A", seq=1, ack=1)
    t.accept()
    t.send(10)
    t.host("A", seq=1, data=10)


@script(slow=True)
def syn_ack_again__is_acknowledged_when_established(t):
    """Our ACK is lost: a SYN-ACK in ESTABLISHED is answered by an ACK, and has no other effect."""
    t.established(active=True)
    t.peer("SA", seq=0, ack=1)
    t.host("A", seq=1, ack=1)
    t.state("ESTABLISHED")


@script(slow=True)
def syn__retransmitted_at_doubling_intervals(t):
    """RFC 6298 (2.1), (5.5): 1 s, then twice as long each time."""
    t.connect()
    t.host("S", seq=0)
    for wait in (1, 2, 4, 8, 16):
        t.host("S", seq=0, after=wait)


@script(slow=True)
def syn_ack__retransmitted_at_doubling_intervals(t):
    """The same for a SYN-ACK; at last the request is forgotten."""
    t.listen()
    t.peer("S")
    t.host("SA", seq=0)
    for wait in (1, 2, 4, 8, 16):
        t.host("SA", seq=0, after=wait)
    t.quiet(60)
    t.state("LISTEN")


@script(slow=True, linux="it gives up after 127 s")
def syn__given_up_after_three_minutes_at_least(t):
    """MUST-23: R2 of a SYN is 3 minutes or more."""
    t.connect()
    first = t.host("S", seq=0).when
    wait = 1
    while wait < 65:
        last = t.host("S", seq=0, after=wait)
        wait *= 2
    t.poll("w", 200)
    t.note("poll() tells of the end")
    took = t.last - first
    t.check(180 <= took <= 300, f"given up after {took:.0f} s; {last.when - first:.0f} s: last SYN")
    t.connected(errno.ETIMEDOUT)
    t.wire.dport = None


@script(slow=True)
def syn__retries_of_the_user(t):
    """MUST-22: R2 of a SYN is configurable by the user."""
    t.connect(TCP_SYNCNT=2)
    t.host("S", seq=0)
    t.host("S", seq=0, after=1)
    t.host("S", seq=0, after=2)
    t.quiet(3.9)
    t.poll("w", 5)
    t.connected(errno.ETIMEDOUT)


@script()
def mss__sent_by_both_roles(t):
    """MUST-14, MUST-67: the link's MTU less the headers."""
    want = {2: (1460 if t.family == "v4" else 1440).to_bytes(2, "big")}
    t.listen()
    t.peer("S", seq=0)
    t.host("SA", opts=want)


@script()
def mss__on_our_syn(t):
    """MUST-14 for the active side."""
    t.connect()
    t.host("S", opts={2: (1460 if t.family == "v4" else 1440).to_bytes(2, "big")})


@script()
def mss__follows_the_mtu_of_the_link(t):
    """SHLD-6: what both sides announce fits the smallest MTU that the link has now."""
    want = {2: (1360 if t.family == "v4" else 1340).to_bytes(2, "big")}
    t.net.a.ip("link set va mtu 1400")
    try:
        t.listen()
        t.peer("S", seq=0)
        t.host("SA", opts=want)
        with t.another() as active:
            active.connect()
            active.host("S", opts=want)
    finally:
        t.net.a.ip("link set va mtu 1500")


@script(opts=mss(1000))
def mss__never_on_what_is_no_syn(t):
    """MUST-65: the option is for SYNs only."""
    t.established()
    t.send(100)
    seg = t.host("A", data=100)
    t.check(2 not in seg.opts, "an MSS option on data")


@script(opts=mss(500))
def mss__the_peers_is_kept(t):
    """MUST-16: no segment is longer than the peer allows."""
    t.established(options={"TCP_NODELAY": 1})
    t.send(1200)
    t.host("A", seq=1, data=500)
    t.host("A", seq=501, data=500)
    t.host("A", seq=1001, data=200)


@script(opts=b"")
def mss__default_without_the_option(t):
    """MUST-15: 536 for IPv4, 1220 for IPv6."""
    t.established()
    size = 536 if t.family == "v4" else 1220
    t.send(2 * size)
    t.host("A", seq=1, data=size)
    t.host("A", seq=1 + size, data=size)


@script(opts=mss(1460) + wscale(7))
def window_scale__only_when_both_offer_it(t):
    """RFC 7323 section 2.2: the SYN-ACK has it, since the SYN had."""
    t.listen()
    t.peer("S", seq=0)
    seg = t.host("SA")
    t.check(3 in seg.opts, "no window scale in the SYN-ACK")


@script()
def window_scale__not_offered_not_answered(t):
    t.listen()
    t.peer("S", seq=0)
    seg = t.host("SA")
    t.check(3 not in seg.opts, "a window scale that was not offered")


@script()
def self_connect(t):
    """A socket that connects to itself: its SYNs cross, section 3.5."""
    at = t.wire.sport
    here = (t.net.addr("a", t.family), at)
    with sock(t.family, ns=t.net.a) as one:
        one.bind(here)
        one.settimeout(5)
        one.connect(here)
        equal(states(net().a, at), ["ESTABLISHED"], "states")
        one.send(b"myself")
        equal(one.recv(100), b"myself", "data")
        one.shutdown(1)
        equal(one.recv(100), b"", "end of stream")
    wait_states(net().a, at, ["TIME_WAIT"])


@script()
def isn__differs_for_each_connection(t):
    """MUST-9: the ISNs of one pair of ports tell nothing about another's."""
    t.listen()
    seen = set()
    for _ in range(8):
        t.peer("S", seq=0)
        seen.add(t.host("SA").seq)
        t.peer("R", seq=1)
        t.again(new_port=True)
    t.check(len(seen) == 8, "initial sequence numbers repeat")
    gaps = sorted(seen)
    t.check(max(b - a for a, b in zip(gaps, gaps[1:])) > 1 << 20,
            f"initial sequence numbers are close together: {gaps}")


@script(slow=True, linux="its clock ticks each 64 ns: for it 274 s are a whole turn")
def isn__moves_with_a_clock(t):
    """MUST-8: for one pair of ports it grows by 250,000 a second."""
    t.listen()
    t.peer("S", seq=0)
    first = t.host("SA").seq
    t.peer("R", seq=1)
    t.quiet(100)
    t.again()
    t.peer("S", seq=0)
    grown = (t.host("SA").seq - first) % (1 << 32)
    t.check(abs(grown - 25_000_000) < 250_000, f"grew by {grown} in 100 s, not by 25,000,000")
