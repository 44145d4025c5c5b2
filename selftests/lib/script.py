# SPDX-License-Identifier: GPL-2.0
"""Scripts: conversations as an RFC draws them, played with the stack under test.

A script is a function that is given a Play.  Each line is a segment, or a call by the
program that has the socket:

    @script()
    def figure_6__three_way_handshake(t):
        t.listen()
        t.peer("S", seq=0)                  the peer, which is us, sends
        t.host("SA", seq=0, ack=1)          the host must send this, next and now
        t.peer("A", seq=1, ack=1)
        t.state("ESTABLISHED")

Sequence numbers count from each end's SYN: it has 0, the first byte 1.  Omitted values are
those that a sender in order would use: seq is the next number, ack is all that
arrived.  The host may do nothing that the script doesn't have: an extra segment fails it.
With @script(clock=NUMBER) the peer uses timestamps, and so must the host.

`after` is the time since the line before, in seconds: a number, or (from, to) where the
RFC leaves a choice.  In virtual time it must match within a few ms; on a real machine a
late answer only means a slow machine, but an early one is wrong there, too.

Nothing here depends on the code under test.  On protocol 6 the same scripts are played
with the kernel's own TCP.  Where that is known to differ, a script says so, with the
reason, and must then fail there.
"""
import os

import lib
from lib import IS_XTCP, V4, V6
from lib.play import Play
from lib.talk import SACK_OK, VIRTUAL, mss, wscale

__all__ = ["SACK_OK", "mss", "script", "wscale"]
FOREVER = 1000000
# An emulated machine is slow: there each script is played for one family only
EMULATED = lib.PLACE != "uml"


def script(families=(V4, V6), slow=False, states=(None,), linux=None, only=None, **talk):
    """Mark a script.

    slow: it waits for seconds, so it is for virtual time.  states: it is played
    once for each of them, as its second argument.  linux: how the kernel's own TCP
    differs from the RFC, or {state: how}.  only: the reason why the kernel's TCP can't be
    compared.  The rest is for the Talk.
    """
    def mark(function):
        topic = os.path.basename(function.__code__.co_filename).removesuffix(".py")
        for state in states:
            differs = linux.get(state) if isinstance(linux, dict) else linux

            def play(family, state=state, differs=differs):
                with Play(family, **talk) as t:
                    arguments = [t] if state is None else [t, state]
                    _play(function, arguments, None if IS_XTCP else differs)
            play.__name__ = f"{topic}__{function.__name__}" + (f"_{state}" if state else "")
            if VIRTUAL or not slow:
                lib.case(_turn(families), FOREVER if VIRTUAL else 30, xtcp_only=only)(play)
        return function
    return mark


_marked = 0


def _turn(families):
    """The families that the script being marked is played for."""
    global _marked
    _marked += 1
    return (families[_marked % len(families)],) if EMULATED else families


def _play(function, arguments, differs):
    try:
        function(*arguments)
        arguments[0].ended()
    except lib.Failure as failure:
        if not differs:
            raise
        print(f"# as declared: {differs}: {str(failure).splitlines()[0]}")
        return
    if differs:
        lib.fail(f"the kernel's TCP passes, though it is said that {differs}")
