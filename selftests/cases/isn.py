# SPDX-License-Identifier: GPL-2.0
"""Initial sequence numbers on the wire: RFC 6528, RFC 9293 section 3.4.1.

What is measured is the ISN of SYN-ACKs, at the time that the wire saw them. The core's
part (kunit/isn_test.c) is arithmetic; here it meets the module's clock and keyed hash.
"""
import time

from lib import SIZE, V4, V6, case, check, equal, listen, main, net
from lib.wire import MOD, MSS, Peer

TICKS = 250000          # a second's: one each 4 microseconds
TUPLES = 512


def ask(peer, listener):
    """(ISN, when) of the reply to a SYN, whose request is then reset."""
    peer.dport = listener.getsockname()[1]
    peer.send("S", opts=MSS)
    answer = peer.get("SA")
    peer.send("R", seq=peer.seq)
    peer.seq += 100000
    return answer.seq, answer.when


def ask_all(family, listener, count):
    """The same for so many 4-tuples, which differ in our port, one after the other."""
    found = []
    with Peer(net(), family) as peer:
        peer.sniffer.at = None
        for number in range(count):
            peer.sport = 20000 + number
            peer.sniffer.seen.clear()
            peer.taken = 0
            found.append(ask(peer, listener))
        peer.dport = None
    return found


def chi_square(values):
    """How uneven the upper four bits are: 15 degrees of freedom."""
    bins = [0] * 16
    for value in values:
        bins[value >> 28] += 1
    mean = len(values) / 16
    return sum((count - mean) ** 2 / mean for count in bins)


def even(values, what):
    """A uniform distribution is above 60 once in three million runs."""
    chi = chi_square(values)
    check(chi < 60, f"{what}: chi square {chi:.0f} over 16 bins of {len(values)} values")


@case((V4, V6), bound=60)
def isn__tells_nothing_of_other_tuples(family):
    """Without its clock an ISN is uniform, whatever the port before had."""
    with listen(family, net().a) as listener:
        found = ask_all(family, listener, TUPLES)
    start = found[0][1]
    bare = [(isn - int((when - start) * TICKS)) % MOD for isn, when in found]
    steps = [(b - a) % MOD for a, b in zip(bare, bare[1:])]
    even(bare, "ISNs")
    even([(value << 4) % MOD for value in bare], "their next bits")
    even(steps, "steps from port to port")
    even([(b - a) % MOD for a, b in zip(steps, steps[1:])], "steps of steps")
    even([(b - a) % MOD for a, b in zip(bare, bare[256:])], "steps of 256 ports")
    check(len(set(value >> 12 for value in bare)) > TUPLES - 8, "ISNs repeat")


@case((V4, V6), xtcp_only="its clock ticks 62 times as fast")
def isn__goes_by_the_clock(family):
    """One 4-tuple: 250,000 a second, by MUST-8."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        first, began = ask(peer, listener)
        time.sleep(2)
        second, ended = ask(peer, listener)
        peer.dport = None
    want = (ended - began) * TICKS
    off = (second - first) % MOD - want
    check(abs(off) < TICKS / 50 * SIZE["scale"],
          f"{(second - first) % MOD} numbers in {ended - began:.3f} s, {want:.0f} expected")


@case((V4, V6))
def isn__of_a_tuple_always_rises(family):
    """Each opening begins above the one before, if a tick has passed in between."""
    isns = []
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        for _ in range(30):
            isns.append(ask(peer, listener)[0])
            time.sleep(2 / TICKS)
        peer.dport = None
    steps = [(b - a) % MOD for a, b in zip(isns, isns[1:])]
    equal([step for step in steps if not 0 < step < MOD // 2], [], "steps that do not rise")


main()
