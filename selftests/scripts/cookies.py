# SPDX-License-Identifier: GPL-2.0
"""SYN cookies: RFC 4987 section 3.6, docs/syn-defence.md, and the echo cookie of
docs/protocol.md.

The host keeps nothing of a SYN here: its state stays LISTEN until the final ACK.
"""
import functools
import struct

import lib
import lib.script as plain
from lib import counters, equal
from lib.script import mss, wscale

SACK_OK, NOPS = b"\x01\x01\x04\x02", b"\x01\x01"
NO_COUNTERPART = "the kernel's TCP has no echo cookie"


def stamp(val, ecr=0):
    return NOPS + struct.pack("!BBII", 8, 10, val, ecr)


def our_option(cookie=bytes(12), has=0x11):
    """The option of docs/protocol.md; in a SYN, with space for a cookie."""
    return b"\xfe\x14\x78\x63" + bytes([has, 0, 0, 0]) + cookie


ALL = mss(1399) + SACK_OK + stamp(100) + wscale(7)
OFFER = mss(1399) + b"\x04\x02\x08\x0a" + struct.pack("!II", 100, 0) + wscale(7) + our_option()


def script(mode=2, **how):
    """A script that is played with this value of syncookies."""
    def mark(function):
        @functools.wraps(function)
        def play(t):
            with lib.knobs(t.net.a, syncookies=mode):
                function(t)
        return plain.script(**how)(play)
    return mark


def tsval(seg):
    return struct.unpack("!I", seg.opts[8][:4])[0]


def syn(t, opts):
    """A SYN and its SYN-ACK, after which nothing is kept; saves what the final ACK has to carry."""
    t.peer("S", seq=0, opts=opts)
    answer = t.host("SA", seq=0, ack=1)
    t.state("LISTEN")
    t.stamp = stamp(101, tsval(answer)) if 8 in answer.opts else b""
    t.cookie = answer.opts.get(254, b"")[6:]
    return answer


def third(t, echo=None, **how):
    """The final ACK, echoing the SYN-ACK's values."""
    if echo is None:
        echo = our_option(t.cookie) if t.cookie else b""
    t.peer("A", opts=t.stamp + echo, **how)


def refused(t, name, **how):
    """A final ACK that is dropped without a reply, and counted by this name."""
    before = counters(t.net.a)[name]
    third(t, **how)
    t.quiet(0.1)
    t.state("LISTEN")
    equal(counters(t.net.a)[name] - before, 1, name)


# --- the classic cookie -------------------------------------------------------


@script(slow=True)
def classic__keeps_nothing(t):
    """No request and no timer: the SYN-ACK is not retransmitted."""
    t.listen()
    syn(t, mss(1400))
    t.quiet(20)
    third(t, seq=1, ack=1)
    t.state("ESTABLISHED")
    t.accept()
    t.peer("A", 100, seq=1, ack=1)
    t.recv(100)
    t.host("A", ack=101, after=(0, 0.5))


@script()
def classic__data_on_the_third_segment(t):
    """They are delivered; those of a SYN are not, and are retransmitted."""
    t.listen()
    t.peer("S", 50, seq=0, opts=mss(1400))
    t.host("SA", seq=0, ack=1)
    t.snd_nxt = 1
    t.peer("A", 100, seq=1, ack=1)
    t.accept()
    t.host("A", ack=101, after=(0, 0.5))
    t.recv(100)


@script()
def classic__with_timestamps(t):
    """Window scale, SACK and timestamps are as the SYN had them."""
    t.listen()
    answer = syn(t, ALL)
    t.check({2, 3, 4, 8} <= set(answer.opts), f"options of the SYN-ACK: {answer.opts}")
    third(t, win=100)
    t.accept()
    t.send(3000)
    for _ in range(2):	# 100 without the scale would be all of the window
        seg = t.host("A", data=None)
        t.check(len(seg.data) > 1300 and 8 in seg.opts, "wrong segment size, or no timestamps")
    t.host("A", data=None)
    t.peer("A", 10, seq=101, opts=stamp(102, tsval(answer)))
    seg = t.host("A", ack=1)
    t.check(5 in seg.opts, "no SACK block for data beyond a hole")


@script(linux="it forgets window scale and SACK without timestamps")
def classic__without_timestamps(t):
    """Window scale and SACK fit into the cookie, too."""
    t.listen()
    answer = syn(t, mss(1400) + SACK_OK + wscale(7))
    t.check({2, 3, 4} == set(answer.opts), f"options of the SYN-ACK: {answer.opts}")
    third(t, win=100)
    t.accept()
    t.send(3000)
    t.host("A", data=1400)
    t.host("A", data=1400)
    t.host("A", data=200)
    t.peer("A", 10, seq=101)
    t.check(5 in t.host("A", ack=1).opts, "no SACK block for data beyond a hole")


@script(linux="it knows only four sizes")
def classic__mss(t):
    """The largest of eight sizes that doesn't exceed the peer's."""
    t.listen()
    for told, kept in ((1440, 1440), (1439, 1400), (1400, 1400), (1220, 1220), (536, 536),
                       (200, 88)):
        syn(t, mss(told))
        third(t)
        t.accept()
        t.setsockopt("TCP_NODELAY", 1)
        t.send(kept + 10)
        t.host("A", data=kept)
        t.host("A", data=10)
        t.peer("R")
        t.sock.close()
        t.again(new_port=True)


@script(linux="a number that is one off is for it one of another MSS")
def classic__a_guess_is_reset(t):
    """3.10.7.2, second: an ACK of a number that was never sent."""
    t.listen()
    syn(t, mss(1400))
    for wrong in (0, 2, 256, -256, 1 << 30):
        t.peer("A", seq=1, ack=wrong)
        t.host("R", seq=wrong)
        t.state("LISTEN")
    third(t, ack=1)
    t.state("ESTABLISHED")


@script()
def classic__of_another_connection(t):
    """A cookie is valid only for the addresses, ports and number of its SYN."""
    t.listen()
    syn(t, mss(1400))
    third(t, seq=100, ack=1)
    t.host("R", seq=1)
    isn = t.host_isn
    t.again(new_port=True)
    t.host_isn = isn
    t.peer("A", seq=1, ack=1)
    t.host("R", seq=1)


@script(slow=True, linux="it takes cookies for two minutes")
def classic__expires(t):
    """It is valid for at least half a minute, and at most a minute."""
    t.listen()
    syn(t, mss(1400))
    t.quiet(29.9)
    third(t)
    t.state("ESTABLISHED")
    t.peer("R")
    t.again(new_port=True)
    syn(t, mss(1400))
    t.quiet(60)
    third(t)
    t.host("R", seq=1)


@script(mode=1, linux="for it the accept queue's length bounds the SYN queue, too")
def queue__cookies_only_when_it_is_full(t):
    """syncookies 1: the first SYN is kept, the second finds the queue full."""
    with lib.knobs(t.net.a, max_syn_backlog=1):
        t.listen()
        t.peer("S", seq=0)
        t.host("SA")
        t.state("SYN_RECV")
        with t.another() as other:
            other.wire.dport = t.wire.dport
            syn(other, mss(1400))
            third(other)
            other.state("ESTABLISHED")


@script(mode=0, linux="for it the accept queue's length bounds the SYN queue, too")
def queue__never_cookies(t):
    """syncookies 0: a SYN is dropped if the queue is full, and ACKs are reset."""
    with lib.knobs(t.net.a, max_syn_backlog=1):
        t.listen()
        t.peer("S", seq=0)
        t.host("SA")
        with t.another() as other:
            other.wire.dport = t.wire.dport
            other.peer("S", seq=0)
            other.quiet(0.1)


# --- the echo cookie, the host as server ----------------------------------------


@script(only=NO_COUNTERPART)
def echo__loses_nothing(t):
    """All negotiated values are restored: the exact MSS, window scale, SACK, timestamps."""
    t.listen()
    answer = syn(t, OFFER)
    t.check(len(t.cookie) == 12, f"no cookie in {answer.opts}")
    t.check({2, 3, 4, 8} <= set(answer.opts), f"options of the SYN-ACK: {answer.opts}")
    third(t, win=100)
    seg = t.host("A", seq=1, ack=1)		# no delay: the server knows the client
    t.check(254 not in seg.opts, "the host echoes")
    t.state("ESTABLISHED")
    t.accept()
    t.send(3000)
    t.host("A", data=1399 - 12)
    t.host("A", data=1399 - 12)
    t.host("A", data=None)
    t.peer("A", 10, seq=101, opts=stamp(102, tsval(answer)))
    t.check(5 in t.host("A", ack=1).opts, "no SACK block for data beyond a hole")


@script(only=NO_COUNTERPART)
def echo__data_in_place_of_the_third_segment(t):
    """The final ACK is lost: the data that follow open the connection as well."""
    t.listen()
    syn(t, OFFER)
    third(t, data=100)
    t.host("A", ack=101)
    t.accept()
    t.recv(100)


@script(only=NO_COUNTERPART)
def echo__later_data_has_to_wait(t):
    """The sequence number is not the final ACK's: no reply, and no RST either."""
    t.listen()
    syn(t, OFFER)
    refused(t, "echo_forged", data=100, seq=101)
    third(t, data=100, seq=1)
    t.host("A", ack=101)
    t.state("ESTABLISHED")


@script(only=NO_COUNTERPART)
def echo__comes_again(t):
    """The server's ACK is lost: the final ACK is retransmitted and answered again."""
    t.listen()
    syn(t, OFFER)
    for _ in range(3):
        third(t)
        t.host("A", seq=1, ack=1)
    t.state("ESTABLISHED")


@script(only=NO_COUNTERPART)
def echo__forged(t):
    """No bit of it may be changed."""
    t.listen()
    syn(t, OFFER)
    good = t.cookie
    for at in range(1, 12):		# byte 0 is the time
        for bit in (0, 7):
            bad = bytearray(good)
            bad[at] ^= 1 << bit
            refused(t, "echo_forged", echo=our_option(bytes(bad)))
    third(t)
    t.host("A", seq=1, ack=1)


@script(only=NO_COUNTERPART)
def echo__transplanted(t):
    """With other ports, and with other sequence numbers."""
    t.listen()
    syn(t, OFFER)
    refused(t, "echo_forged", seq=2)
    refused(t, "echo_forged", ack=2)
    isn, cookie, its_stamp = t.host_isn, t.cookie, t.stamp
    t.again(new_port=True)
    t.host_isn, t.cookie, t.stamp = isn, cookie, its_stamp
    refused(t, "echo_forged", seq=1, ack=1)


@script(only=NO_COUNTERPART)
def echo__cut_short(t):
    t.listen()
    syn(t, OFFER)
    for have in (0, 4, 8, 11):
        raw = bytearray(our_option(t.cookie)[:8 + have])
        raw[1] = len(raw)
        refused(t, "echo_cut", echo=bytes(raw))


@script(only=NO_COUNTERPART)
def echo__without_the_timestamp_that_was_agreed(t):
    """A middlebox takes it out of all that follows the SYN: as without a cookie, the
    connection opens, and ours have it. What has one again is not measured by what was missed."""
    t.listen()
    syn(t, OFFER)
    first = t.stamp
    t.stamp = b""
    third(t)
    t.check(8 in t.host("A", seq=1, ack=1).opts, "no timestamp, which was agreed")
    t.state("ESTABLISHED")
    t.accept()
    t.peer("A", 100, seq=1, ack=1)
    t.recv(100)
    t.host("A", ack=101, after=(0, 0.5))
    t.peer("A", 100, seq=101, ack=1, opts=NOPS + struct.pack("!BBII", 8, 10, 1 << 31 | 5, 0))
    t.recv(100)
    seg = t.host("A", ack=201, after=(0, 0.5))
    equal(struct.unpack("!II", seg.opts[8])[1], 1 << 31 | 5, "TSecr")
    t.check(first, "the SYN-ACK had no timestamp")


@script(only=NO_COUNTERPART)
def echo__without_the_timestamp_that_is_required(t):
    """require_timestamps: it is dropped without a word (RFC 7323 section 3.2)."""
    with lib.knobs(t.net.a, require_timestamps=1):
        t.listen()
        syn(t, OFFER)
        whole, t.stamp = t.stamp, b""
        refused(t, "drop_no_stamp")
        t.stamp = whole
        third(t)
        t.host("A", seq=1, ack=1)
        t.state("ESTABLISHED")


@script(linux="it opens without the options that the peer has agreed to")
def classic__without_the_timestamp_that_was_agreed(t):
    """Half of the cookie was in it: the rest is one of another connection."""
    t.listen()
    syn(t, ALL)
    t.stamp = b""
    third(t, seq=1, ack=1)
    t.host("R", seq=1)
    t.state("LISTEN")


@script(slow=True, only=NO_COUNTERPART)
def echo__expires(t):
    """After a minute."""
    t.listen()
    syn(t, OFFER)
    t.quiet(59)
    third(t)
    t.host("A", seq=1, ack=1)
    t.peer("R", opts=t.stamp)
    t.again(new_port=True)
    syn(t, OFFER)
    t.quiet(61)
    refused(t, "echo_expired")
    t.quiet(100)			# its time byte wraps
    refused(t, "echo_expired")


@script(only=NO_COUNTERPART)
def echo__replayed_after_the_end(t):
    """A replayed final ACK makes a connection, which the peer resets."""
    t.listen()
    syn(t, OFFER)
    third(t, seq=1, ack=1)
    t.host("A", seq=1, ack=1)
    t.peer("R", opts=t.stamp)
    t.state("LISTEN")
    third(t, seq=1, ack=1)
    t.host("A", seq=1, ack=1)
    t.peer("R", seq=1, opts=t.stamp)	# which has no such connection
    t.state("LISTEN")


@script(only=NO_COUNTERPART)
def echo__no_amplification(t):
    """The SYN-ACK is never longer than its SYN: without space it has no echo cookie."""
    t.listen()
    before = counters(t.net.a)["echo_no_room"]
    answer = syn(t, our_option())
    t.check(254 not in answer.opts, "a SYN-ACK longer than the SYN")
    equal(counters(t.net.a)["echo_no_room"] - before, 1, "echo_no_room")
    third(t, echo=b"")			# the cookie was a classic one
    t.state("ESTABLISHED")


@script(only=NO_COUNTERPART)
def echo__only_who_offers(t):
    """Another ExID, another version, or no offer at all: classic cookies."""
    t.listen()
    for opts in (mss(1400) + our_option(has=0x10), mss(1400) + our_option(has=0x21),
                 mss(1400) + b"\xfe\x14\x78\x64" + bytes(16), mss(1400)):
        answer = syn(t, opts)
        t.check(254 not in answer.opts, f"a cookie for {opts.hex()}")
        third(t)
        t.state("ESTABLISHED")
        t.peer("R")
        t.again(new_port=True)


@script(only=NO_COUNTERPART)
def echo__the_knob_forbids(t):
    with lib.knobs(t.net.a, echo_cookie=0):
        t.listen()
        answer = syn(t, OFFER)
        t.check(254 not in answer.opts, "a cookie that the knob forbids")
        t.connect()
        t.taken = len(t._arrived())


# --- the echo cookie, the host as client ----------------------------------------


COOKIE = bytes(range(1, 13))


def connect(t):
    """connect(), and a SYN-ACK with a cookie."""
    t.connect()
    seg = t.host("S", seq=0)
    t.check(seg.opts.get(254) == our_option()[2:], f"the offer in {seg.opts}")
    t.check(len(seg.raw) == 60, "the SYN is too short for the reply")
    t.peer("SA", ack=1, opts=mss(1400) + our_option(COOKIE))


def echoes(t, seg):
    t.check(seg.opts.get(254) == our_option(COOKIE)[2:], f"no echo in {seg.opts}")


@script(only=NO_COUNTERPART)
def client__echoes_until_it_is_known(t):
    connect(t)
    echoes(t, t.host("A", seq=1, ack=1))
    t.connected()
    t.send(100)
    echoes(t, t.host("A", seq=1, data=100))
    t.peer("A", ack=101)
    t.send(100)
    t.check(254 not in t.host("A", seq=101, data=100).opts, "an echo after the server answered")


@script(only=NO_COUNTERPART)
def client__known_by_what_the_server_says_first(t):
    connect(t)
    echoes(t, t.host("A", seq=1, ack=1))
    t.peer("A", 100, seq=1, ack=1)
    t.recv(100)
    seg = t.host("A", ack=101, after=(0, 0.5))
    t.check(254 not in seg.opts, "an echo after the server answered")


@script(slow=True, only=NO_COUNTERPART)
def client__third_segment_goes_again(t):
    """By the RTO, doubled each time, to R2: then ETIMEDOUT."""
    connect(t)
    echoes(t, t.host("A", seq=1, ack=1))
    wait, sent, start = 0.2, 0, t.last
    while (seg := t.next(130)) is not None:
        t.check(seg.flags == "A" and t.count_seq(seg) == 1, "not the final ACK")
        echoes(t, seg)
        took = seg.when - start
        t.check(wait * 0.9 <= took <= wait * 1.3, f"after {took} s, not {wait}")
        start, wait, sent = seg.when, min(2 * wait, 120), sent + 1
    t.check(sent == 15, f"sent again {sent} times")
    t.recv(1, err=110)
    t.wire.dport = None


@script(only=NO_COUNTERPART)
def client__a_cookie_it_did_not_ask_for(t):
    with lib.knobs(t.net.a, echo_cookie=0):
        t.connect()
        seg = t.host("S", seq=0)
        t.check(254 not in seg.opts, "an offer that the knob forbids")
        t.peer("SA", ack=1, opts=mss(1400) + our_option(COOKIE))
        t.check(254 not in t.host("A", seq=1, ack=1).opts, "it echoes")


@script(slow=True, only=NO_COUNTERPART)
def client__no_offer_from_the_third_syn_on(t):
    """A middlebox that dropped two SYNs may not like the option."""
    t.connect()
    for offers in (True, True, False, False):
        seg = t.host("S", seq=0, after=(0, 8))
        t.check((254 in seg.opts) == offers, f"options of this SYN: {seg.opts}")
