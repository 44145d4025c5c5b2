# SPDX-License-Identifier: GPL-2.0
"""Timeouts: RFC 6298, R1 and R2 (RFC 9293 section 3.8.3), keepalive (3.8.4), RFC 5482."""
import errno

from lib.script import script


@script(slow=True)
def rto__one_second_before_any_measurement(t):
    """RFC 6298 (2.1), MUST-18: the SYN: 1 s."""
    t.connect()
    t.host("S", seq=0)
    t.host("S", seq=0, after=1)


@script(slow=True)
def rto__doubles(t):
    """RFC 6298 (5.5): with each timeout."""
    t.established()
    t.send(100)
    first = t.host("A", data=100)
    gap = t.host("A", seq=1, data=100, after=(0.2, 1.5)).when - first.when
    for _ in range(5):
        gap *= 2
        t.host("A", seq=1, data=100, after=(0.85 * gap, 1.15 * gap))


@script(slow=True)
def rto__from_the_measured_round_trip(t):
    """RFC 6298 (2.2): SRTT + 4 RTTVAR: after one RTT of 1 s that is 3 s."""
    t.listen()
    t.peer("S")
    t.host("SA")
    t.quiet(0.9)
    t.peer("A")
    t.accept()
    t.send(100)
    t.host("A", data=100)
    t.host("A", seq=1, data=100, after=(2.65, 3))


@script(slow=True)
def rto__karn(t):
    """RFC 6298 3: a retransmission gives no sample; the backoff stays."""
    t.established()
    t.send(100)
    first = t.host("A", data=100)
    t.host("A", seq=1, data=100, after=(0.2, 1.5))
    t.host("A", seq=1, data=100, after=(0.4, 3))
    third = t.host("A", seq=1, data=100, after=(0.8, 6))
    backed_off = (third.when - first.when) / 7 * 8
    t.peer("A", ack=101)
    t.send(100)
    t.host("A", seq=101, data=100)
    t.host("A", seq=101, data=100, after=(0.85 * backed_off, 1.15 * backed_off))


@script(slow=True, linux="the answer to the second SYN has no timestamp, yet it measures")
def rto__three_seconds_when_the_syn_was_lost(t):
    """RFC 6298 (5.7): a SYN was retransmitted: the RTO for data starts at 3 s."""
    t.connect()
    t.host("S", seq=0)
    t.host("S", seq=0, after=1)
    t.peer("SA", ack=1)
    t.host("A")
    t.send(100)
    t.host("A", data=100)
    t.host("A", seq=1, data=100, after=3)


@script(slow=True)
def rto__restarted_by_an_ack(t):
    """RFC 6298 (5.3): an ACK of new data starts the timer again."""
    t.established()
    t.setsockopt("TCP_NODELAY", 1)
    t.send(100)
    first = t.host("A", data=100)
    gap = t.host("A", seq=1, data=100, after=(0.2, 1.5)).when - first.when
    t.peer("A", ack=101)
    t.send(100)
    t.host("A", data=100)
    t.quiet(gap)
    t.send(100)
    t.host("A", data=100)
    t.peer("A", ack=201)
    t.host("A", seq=201, data=100, after=(0.2, 2.2 * gap))


@script(slow=True, families=("v6",), linux="its flow label changes with each timeout")
def r1__asks_ip_for_another_route(t):
    """MUST-20, SHLD-10: the third retransmission, not an earlier one, has a new flow label, by
    which routers choose the path (RFC 6438).
    """
    t.established()
    t.send(100)
    labels = [t.host("A", data=100).flow]
    for _ in range(3):
        labels.append(t.host("A", seq=1, data=100, after=(0.1, 20)).flow)
    t.check(labels[0] and len(set(labels[:3])) == 1, f"a new label too soon: {labels}")
    t.check(labels[3] != labels[0], "still the same label")


def three_retransmissions(t):
    """R1 is reached; no error was reported before."""
    t.send(100)
    t.host("A", data=100)
    for _ in range(3):
        t.recv(err=errno.EAGAIN)
        t.host("A", seq=1, data=100, after=(0.1, 20))


@script(slow=True, linux="it tells nothing of that before R2")
def r1__is_told_to_who_wants_to_know(t):
    """SHLD-9: reported once, and the connection lives."""
    t.established()
    t.recverr()
    three_retransmissions(t)
    t.recv(err=errno.ETIMEDOUT)
    t.recv(err=errno.EAGAIN)
    t.state("ESTABLISHED")
    t.host("A", seq=1, data=100, after=(0.1, 20))
    t.recv(err=errno.EAGAIN)
    t.peer("A", ack=101)
    t.send(100)
    t.host("A", seq=101, data=100)


@script(slow=True)
def r1__is_told_to_nobody_else(t):
    """SHLD-20: such reports can be disabled, and are by default."""
    t.established()
    t.recverr()
    t.recverr(0)
    three_retransmissions(t)
    t.recv(err=errno.EAGAIN)
    t.connected()


@script(slow=True)
def r2__at_least_a_hundred_seconds(t):
    """MUST-20, SHLD-11: data that are never acknowledged: given up, and the program is told."""
    t.established()
    t.send(100)
    first = t.host("A", data=100)
    while (seg := t.next(200)) is not None:
        t.check(seg.data and seg.when - first.when < 2000, "never given up")
    t.check(t.last - first.when > 100, f"given up after {t.last - first.when:.0f} s")
    t.recv(err=errno.ETIMEDOUT)
    t.state("LISTEN")


@script(slow=True)
def r2__of_the_user(t):
    """MUST-21, RFC 5482: TCP_USER_TIMEOUT: 10 s."""
    t.established(options={"TCP_USER_TIMEOUT": 10000})
    t.send(100)
    first = t.host("A", data=100)
    while t.next(10 - (t.last - first.when) - 0.1) is not None:
        pass
    t.state("ESTABLISHED")
    while t.next(2.5) is not None:
        pass
    t.recv(err=errno.ETIMEDOUT)
    t.state("LISTEN")


@script(slow=True)
def keepalive__off_by_default(t):
    """MUST-25: four hours of silence."""
    t.established()
    t.quiet(4 * 3600)
    t.state("ESTABLISHED")


@script(slow=True)
def keepalive__the_peer_is_alive(t):
    """MUST-28, SHLD-12: after two hours a probe without data; its answer is enough."""
    t.established(options={"SO_KEEPALIVE": 1})
    for _ in range(3):
        t.host("A", seq=0, data=0, after=7200)
        t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")


@script(slow=True)
def keepalive__the_peer_has_crashed(t):
    """MUST-29: one unanswered probe is not enough; ten, 75 s apart, are."""
    t.established(options={"SO_KEEPALIVE": 1})
    begin, probes = t.last, []
    while (seg := t.next(7200 * 1.15)).flags == "A":
        probes.append(seg.when)
        t.check(seg.seq == t.host_isn and len(probes) < 100, "not a probe")
    t.check(7200 <= probes[0] - begin < 8200, f"first probe after {probes[0] - begin:.0f} s")
    t.check(len(probes) >= 2, "given up after one unanswered probe")
    t.check(all(74 < b - a < 86 for a, b in zip(probes, probes[1:])), "not 75 s apart")
    t.check(seg.flags == "RA", "no RST at the end")
    t.recv(err=errno.ETIMEDOUT)
    t.state("LISTEN")


@script(slow=True)
def keepalive__the_peer_has_rebooted(t):
    """It has no such connection: RST, and that is the end."""
    t.established(options={"SO_KEEPALIVE": 1})
    t.host("A", seq=0, after=7200)
    t.peer("R", seq=1)
    t.recv(err=errno.ECONNRESET)
    t.state("LISTEN")


@script(slow=True)
def keepalive__the_peer_is_reached_again(t):
    """Unreachable for five minutes: four probes are lost, the fifth is answered."""
    t.established(options={"SO_KEEPALIVE": 1})
    t.host("A", seq=0, after=7200)
    for _ in range(4):
        t.host("A", seq=0, after=75)
    t.peer("A", seq=1, ack=1)
    t.host("A", seq=0, after=7200)
    t.state("ESTABLISHED")


@script(slow=True)
def keepalive__only_when_idle(t):
    """MUST-26: data from the peer postpone the probe."""
    t.established(options={"SO_KEEPALIVE": 1})
    t.quiet(5000)
    t.peer("A", 10)
    t.recv(10)
    t.host("A", after=(0, 0.5))
    t.host("A", seq=0, ack=11, after=7200)
    t.peer("A", ack=1)


@script(slow=True)
def keepalive__times_of_the_socket(t):
    """MUST-27: the interval is configurable; MUST-24: for each connection."""
    t.established(options={"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 5,
                           "TCP_KEEPCNT": 3})
    t.host("A", seq=0, after=20)
    t.host("A", seq=0, after=5)
    t.host("A", seq=0, after=5)
    t.host("RA", seq=(0, 1), after=5)
    t.recv(err=errno.ETIMEDOUT)


@script(slow=True)
def keepalive__switched_off_again(t):
    """MUST-24: and off again."""
    t.established(options={"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 20})
    t.host("A", seq=0, after=20)
    t.peer("A", seq=1, ack=1)
    t.setsockopt("SO_KEEPALIVE", 0)
    t.quiet(7300)


@script(slow=True)
def orphan__is_given_up_sooner(t):
    """An orphan is given up before R2, yet not before 100 s or so."""
    t.established()
    t.send(100)
    first = t.host("A", data=100)
    t.close()
    while (seg := t.next(250)) is not None:
        t.check(seg.when - first.when < 600, "an orphan is never given up")
    t.state("LISTEN")
