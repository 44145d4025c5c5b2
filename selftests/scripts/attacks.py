# SPDX-License-Identifier: GPL-2.0
"""Blind attacks: RFC 5961, and other attempts of an off-path attacker."""
import errno
import socket
import struct

from lib.script import script

SYNCHRONIZED = ("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING", "LAST_ACK")
TAKES_DATA = ("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2")


@script(states=SYNCHRONIZED)
def rst__in_the_window_is_challenged(t, state):
    """RFC 5961 3.2: only RCV.NXT itself resets; elsewhere in the window: an ACK."""
    t.reach(state)
    end = t.host_end
    t.peer("R", seq=t.snd_nxt + 100)
    t.host("A", seq=end)
    t.state(state)
    t.peer("R", seq=t.snd_nxt)
    t.state("LISTEN")


@script(states=SYNCHRONIZED, slow=True)
def syn__is_challenged_wherever_it_stands(t, state):
    """RFC 5961 4.2: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and the SYN is dropped."""
    t.reach(state)
    end = t.host_end
    for seq in (t.snd_nxt, t.snd_nxt + 100, t.snd_nxt - 100, t.snd_nxt + (1 << 30)):
        t.peer("S", seq=seq)
        t.host("A", seq=end)
        while (seg := t.next(0.6)) is not None:     # some states answer only the first
            t.check(seg.flags == "FA", "more than a retransmitted FIN")
    t.state(state)


UNANSWERED = "in 6.1 it drops such a segment without an answer"


@script(states=SYNCHRONIZED, linux={"ESTABLISHED": UNANSWERED})
def ack__of_what_was_not_sent(t, state):
    """RFC 9293 3.10.7.4, fifth: SEG.ACK > SND.NXT: send an ACK, drop the segment."""
    t.reach(state)
    end = t.host_end
    t.peer("A", ack=end + 1000)
    t.host("A", seq=end)
    t.state(state)


@script(states=TAKES_DATA, linux={"ESTABLISHED": UNANSWERED})
def data__with_an_ack_of_the_future_is_not_taken(t, state):
    t.reach(state)
    end = t.host_end
    t.peer("A", b"forged", ack=end + 1000)
    t.snd_nxt -= 6
    t.host("A", seq=end, ack=t.snd_nxt)
    t.recv(err=errno.EAGAIN)


@script(states=TAKES_DATA)
def data__with_an_ack_of_long_ago_is_not_taken(t, state):
    """RFC 5961 5.2 (MAY-12): SEG.ACK < SND.UNA - MAX.SND.WND."""
    t.reach(state)
    end = t.host_end
    t.peer("A", b"forged", ack=-1_000_000)
    t.snd_nxt -= 6
    t.host("A", seq=end, ack=t.snd_nxt)
    t.recv(err=errno.EAGAIN)


@script()
def data__out_of_the_window(t):
    """3.10.7.4, first: an ACK, and drop."""
    t.established()
    t.peer("A", 100, seq=1 + (1 << 29))
    t.host("A", seq=1, ack=1)
    t.peer("A", 100, seq=-200)
    t.host("A", seq=1, ack=1)
    t.recv(err=errno.EAGAIN)


@script(slow=True)
def challenges__are_limited_for_each_connection(t):
    """RFC 5961 7: a limited number each second; a second later they are sent again."""
    t.established()
    count = t.flood(200, "S", seq=5000)
    t.check(1 <= count <= 20, f"{count} challenges for 200 SYNs")
    t.quiet(1.1)
    again = t.flood(200, "R", seq=5000)
    t.check(again == count, f"{count} challenges in a second, {again} in the next")
    t.state("ESTABLISHED")


@script()
def challenges__of_one_do_not_starve_another(t):
    """CVE-2016-5696: a limit for the whole host would reveal one connection to another."""
    t.established()
    t.flood(300, "S", seq=5000)
    other = t.another()
    with other:
        other.established()
        other.peer("S", seq=5000)
        other.host("A", seq=1, ack=1)
        other.ended()


@script()
def acks__do_not_go_round(t):
    """RFC 5961 7: two ends that reject each other's ACKs must not answer for ever."""
    t.established()
    count = t.flood(200, "A", seq=-100000)
    t.check(count <= 20, f"{count} answers to 200 ACKs out of the window")
    t.state("ESTABLISHED")


@script(states=("ESTABLISHED",))
def syn_ack__in_a_connection_is_challenged(t, state):
    t.reach(state)
    t.peer("SA", seq=4000, ack=1)
    t.host("A", seq=1, ack=1)
    t.state(state)


SO_MEMINFO = 55


@script()
def data__that_begins_before_what_is_next_takes_bounded_memory(t):
    """However few bytes of each segment are new: memory is bounded by the receive buffer."""
    t.established()
    t.peer("A", data=1)
    for _ in range(4000):
        t.peer("A", data=2, seq=t.snd_nxt - 1)
        t.drain(0)
    used, limit = struct.unpack("9I", t.sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[:2]
    t.check(used <= 2 * limit, f"{used} bytes of memory taken, with a receive buffer of {limit}")


@script()
def fin__out_of_the_window(t):
    t.established()
    t.peer("FA", seq=1 + (1 << 29))
    t.host("A", seq=1, ack=1)
    t.state("ESTABLISHED")


@script()
def syn_received__forged_reset(t):
    """RFC 5961 3.2 in SYN-RECEIVED, too: beside RCV.NXT it is only challenged."""
    t.reach("SYN_RECV")
    t.peer("R", seq=100)
    t.host("A", seq=1, ack=1)
    t.state("SYN_RECV")


@script(linux="it resets, though RFC 5961 4.2 counts SYN-RECEIVED as synchronized")
def syn_received__another_syn(t):
    """A SYN of another number does not end a half-open connection."""
    t.reach("SYN_RECV")
    t.peer("S", seq=5000)
    t.host("A", seq=1, ack=1)
    t.peer("A", seq=1, ack=1)
    t.state("ESTABLISHED")
