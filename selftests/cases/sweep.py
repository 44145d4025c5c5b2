# SPDX-License-Identifier: GPL-2.0
"""All socket options, by number: what the kernel's TCP accepts, xtcp accepts and returns, or
refuses with an error that programs know; an option that is missing is never accepted
silently.
"""
import socket
import struct

from lib import (PROTO, V4, V6, case, check, equal, errname, errno_of, listen, main, net, pair,
                 sock)

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


#: What would have no effect, or another one than its name says: {(level, option): errno}.
#: Where the kernel's socket layer takes an option for each protocol, docs/options.md tells.
REFUSED = {
    (SOL, 42, "SO_PEEK_OFF"): "ENOTSUP",
    (SOL, 60, "SO_ZEROCOPY"): "ENOTSUP",
    (TCP, 14, "TCP_MD5SIG"): "ENOPROTOOPT",
    (TCP, 16, "TCP_THIN_LINEAR_TIMEOUTS"): "ENOPROTOOPT",
    (TCP, 17, "TCP_THIN_DUPACK"): "ENOPROTOOPT",
    (TCP, 19, "TCP_REPAIR"): "ENOPROTOOPT",
    (TCP, 20, "TCP_REPAIR_QUEUE"): "ENOPROTOOPT",
    (TCP, 21, "TCP_QUEUE_SEQ"): "ENOPROTOOPT",
    (TCP, 22, "TCP_REPAIR_OPTIONS"): "ENOPROTOOPT",
    (TCP, 23, "TCP_FASTOPEN"): "ENOPROTOOPT",
    (TCP, 24, "TCP_TIMESTAMP"): "ENOPROTOOPT",
    (TCP, 29, "TCP_REPAIR_WINDOW"): "ENOPROTOOPT",
    (TCP, 30, "TCP_FASTOPEN_CONNECT"): "ENOPROTOOPT",
    (TCP, 31, "TCP_ULP"): "ENOPROTOOPT",
    (TCP, 33, "TCP_FASTOPEN_KEY"): "ENOPROTOOPT",
    (TCP, 34, "TCP_FASTOPEN_NO_COOKIE"): "ENOPROTOOPT",
    (TCP, 35, "TCP_ZEROCOPY_RECEIVE"): "ENOPROTOOPT",
    (TCP, 37, "TCP_TX_DELAY"): "ENOPROTOOPT",
    (TCP, 38, "TCP_MD5SIG_EXT"): "ENOPROTOOPT",
    (TCP, 13, "TCP_CONGESTION"): "ENOENT",
}


@case((V4, V6), xtcp_only="it has them")
def absent__is_refused(family):
    """Whatever the value, on a fresh socket, a listener and a connection."""
    client, server = pair(family)
    with client, server, sock(family, ns=net().a) as fresh, listen(family, net().a) as listener:
        for (level, option, name), want in REFUSED.items():
            for what, s in (("fresh", fresh), ("listener", listener), ("connection", client)):
                for value in (struct.pack("i", 0), struct.pack("i", 1), b"tls\0", bytes(256)):
                    got = errname(errno_of(s.setsockopt, level, option, value))
                    equal(got, want, f"{name} of a {what} set to {value[:4]}")


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
