# SPDX-License-Identifier: GPL-2.0
"""TCP options: RFC 9293 sections 3.1 and 3.2."""
from lib.script import mss, script

SIZE = 700                      # of segments, if the MSS option was understood
UNKNOWN = b"\xfe\x06abcd"       # a kind for experiments (RFC 4727), of six bytes
NOP, END = b"\x01", b"\x00"
ALL = mss(1460) + b"\x04\x02\x08\x0a" + bytes(8) + b"\x01\x03\x03\x07"
IMPOSSIBLE = (b"\x02\x00\x05\xb4", b"\x02\x01\x05\xb4", b"\x02\x05\x05\xb4\x00", b"\x02\x06\x05\xb4",
              b"\xfe\x00\x00\x00", b"\xfe\x01\x00\x00", b"\xfe\x05\x00\x00", b"\x01\x01\x01\xfe")


def opened(t, opts, size=SIZE):
    """The peer's SYN has these options; check the length of the host's segments."""
    t.listen()
    t.peer("S", seq=0, opts=opts)
    t.host("SA", seq=0, ack=1)
    t.peer("A", seq=1, ack=1)
    t.accept()
    t.send(2 * size)
    t.host("A", seq=1, data=size)
    t.host("A", seq=1 + size, data=size)


@script()
def of_the_mandatory_set(t):
    """MUST-4: MSS, and nothing after the end of the list, which is followed by garbage."""
    opened(t, mss(SIZE) + END + b"\x02\x04\x01")


@script()
def on_any_segment(t):
    """MUST-5: SYN, data, ACK, FIN and RST may have options."""
    opts = UNKNOWN + NOP + NOP
    t.established(opts=mss(1000) + opts)
    t.peer("A", 100, opts=opts)
    t.recv(100)
    t.host("A", ack=101, after=(0, 0.5))
    t.send(10)
    t.host("A", data=10)
    t.peer("A", ack=11, opts=opts)
    t.peer("FA", opts=opts)
    t.host("A", ack=102)
    t.eof()
    t.peer("R", opts=opts)
    t.state("LISTEN")


@script()
def unknown__are_ignored(t):
    """MUST-6: an option of unknown kind; the one after it counts."""
    opened(t, UNKNOWN + mss(SIZE) + NOP + NOP)


@script()
def unknown__have_a_length(t):
    """MUST-68: unknown ones, too; otherwise their value would be parsed as options."""
    opened(t, b"\xfe\x03\x03" + mss(SIZE) + NOP)


@script(linux="it takes what it can of such options")
def of_impossible_length__do_no_harm(t):
    """MUST-7: shorter than two bytes, wrong for its kind, beyond the header."""
    t.listen()
    for bad in IMPOSSIBLE:
        t.peer("S", seq=0, opts=bad)
        t.quiet(0.05)
        t.state("LISTEN")
    t.snd_nxt = 0
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)


@script()
def at_any_alignment(t):
    """MUST-64: the option begins at an odd place."""
    opened(t, NOP + mss(SIZE) + NOP + NOP + NOP)


@script(opts=ALL)
def ours__are_padded_with_zeros(t):
    """MUST-69: after the end of our list, if it ends early, there are only zeros."""
    t.connect()
    syn = t.host("S", seq=0)
    t.check({2, 3, 4, 8} <= set(syn.opts), f"a SYN with options {set(syn.opts)} only")
    t.check(not any(behind_the_end(syn)), "options behind the end of the list")


def behind_the_end(seg):
    """The bytes of the header after the option that ends the list."""
    raw = seg.raw[20:(seg.raw[12] >> 4) * 4]
    while raw and raw[0]:
        raw = raw[1 if raw[0] == 1 else raw[1]:]
    return raw
