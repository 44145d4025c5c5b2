# SPDX-License-Identifier: GPL-2.0
"""All socket options, by number: what the kernel's TCP accepts, xtcp accepts and returns, or
refuses with an error that programs know; an option that is missing is never accepted
silently.
"""
import socket
import struct

from lib import PROTO, V4, V6, case, check, errname, errno_of, main, net, pair, sock

SOL, IP, IP6, TCP = (socket.SOL_SOCKET, socket.IPPROTO_IP, socket.IPPROTO_IPV6,
                     socket.IPPROTO_TCP)
# Errors that mean "this TCP doesn't have that" to programs, and what reading returns then
ABSENT = {"ENOPROTOOPT", "ENOTSUP"}
NOTHING = {"ENOPROTOOPT", "ENOTSUP", bytes(4)}
VALUES = (0, 1, 100)
ATTACH = {26, 27, 50, 51, 52}       # filters and BPF programs want a pointer
NO_NUMBER = {13, 14, 31, 38}        # TCP_CONGESTION, TCP_MD5SIG, TCP_ULP, TCP_MD5SIG_EXT
LINGER_0 = struct.pack("ii", 1, 0)


def outcome(s, level, option, value):
    """The results of setting it and of reading it back."""
    said = errname(errno_of(s.setsockopt, level, option, struct.pack("i", value)))
    try:
        return said, s.getsockopt(level, option, 4)
    except OSError as error:
        return said, errname(error.errno)


def on_connection(family, proto, level, option, value):
    client, server = pair(family, proto=proto)
    with client, server:
        said = outcome(client, level, option, value)
        # the option may keep the last segments from being sent: don't wait for them
        for s in (client, server):
            s.setsockopt(SOL, socket.SO_LINGER, LINGER_0)
        return said


def sweep(family, proto, level, options):
    """{(what, option, value): outcome} of fresh sockets and of connections."""
    found = {}
    for option in options:
        for value in VALUES:
            with sock(family, proto, net().a) as s:
                found["fresh", option, value] = outcome(s, level, option, value)
            found["connected", option, value] = on_connection(family, proto, level, option, value)
    return found


def swept(family, level, options, known):
    """xtcp gives TCP's result, or the error for a missing option.

    known: {option, or (option, value): why it may differ}
    """
    tcp, ours = (sweep(family, proto, level, options) for proto in (6, PROTO))
    wrong = []
    for (what, option, value), (said, back) in ours.items():
        theirs = tcp[what, option, value]
        if (said, back) == theirs or option in known or (option, value) in known:
            continue
        if back in NOTHING and said in ABSENT | {theirs[0]} - {"success"}:
            continue
        wrong.append(f"{what} {level} {option} = {value}: {said} {back}, TCP {theirs}")
    check(not wrong, "\n".join(wrong))


SOCKET_KNOWN = {
    38: "SO_PROTOCOL is ours",
    7: "SO_SNDBUF grows with the connection",
    8: "SO_RCVBUF, too",
    28: "SO_PEERNAME has the port",
    57: "SO_COOKIE is each socket's own",
}
TCP_KNOWN = {
    2: "TCP_MAXSEG: the headers are longer",
    10: "TCP_WINDOW_CLAMP",
    (6, 0): "TCP_KEEPCNT's default is a knob of ours",
    (7, 0): "TCP_SYNCNT, too",
    11: "TCP_INFO: the state and what is known",
}
IP_KNOWN = {
    35: "IP_ADD_MEMBERSHIP: TCP refuses it by a flag that is its own",
    36: "IP_DROP_MEMBERSHIP, too",
    52: "IP_PROTOCOL reads as the port",
}


@case((V4, V6), bound=120)
def socket__level(family):
    swept(family, SOL, set(range(1, 90)) - ATTACH, SOCKET_KNOWN)


@case((V4, V6), bound=120)
def tcp__level(family):
    swept(family, TCP, set(range(1, 60)) - NO_NUMBER, TCP_KNOWN)


@case((V4,), bound=120)
def ip__level(family):
    swept(family, IP, range(1, 60), IP_KNOWN)


@case((V6,), bound=120)
def ip6__level(family):
    swept(family, IP6, range(1, 90), {})


main()
