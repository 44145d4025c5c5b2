# SPDX-License-Identifier: GPL-2.0
"""Namespaces: independent of each other, and removable while connections live in them."""
import errno

from lib import (FAMILIES, SIZE, V4, V6, Net, case, check, equal, errno_of, expect_errno, knob,
                 listen, main, net, pair, recv_exact, run, sock, states, table, wait_for,
                 wait_states)
from lib.wire import MSS, Peer


def gone(link):
    """When namespace b is really freed, its end of the veth goes, and so does ours."""
    with link.a:
        return "va" not in run("ip", "-o", "link", "show")


def is_freed(link, bound=20):
    wait_for(lambda: gone(link), bound, "the namespace to be freed")


@case(FAMILIES)
def apart__same_port_twice(family):
    with listen(family, net().a) as one, listen(family, net().b, at=one.getsockname()[1]):
        pass


@case(FAMILIES)
def apart__tables_show_their_own(family):
    client, server = pair(family)
    with client, server:
        at = server.getsockname()[1]
        equal([r.rport for r in table(net().a, at)], [at], "remote ports in a")
        equal([r.lport for r in table(net().b, at)], [at], "local ports in b")
        with open("/proc/thread-self/net/tcp", encoding="ascii") as file:
            check(f":{at:04X}" not in file.read(), "seen in the test's own namespace")


@case(FAMILIES)
def apart__loopback_is_each_ones_own(family):
    here = {V4: "127.0.0.1", V6: "::1"}.get(family, "::ffff:127.0.0.1")
    with listen(family, net().a) as listener, sock(family, ns=net().b) as s:
        expect_errno(errno.ECONNREFUSED, s.connect, (here, listener.getsockname()[1]))


@case(FAMILIES)
def remove__with_time_wait(family):
    """TIME-WAIT entries do not pin a namespace."""
    link = Net()
    client, server = pair(family, link)
    at = client.getsockname()[1]
    server.close()
    equal(client.recv(1), b"", "end of stream")
    client.close()
    wait_states(link.b, at, ["TIME_WAIT"])
    link.b.remove()
    is_freed(link)
    link.a.remove()


@case(FAMILIES)
def remove__with_half_open(family):
    """Nor do requests; their listener is closed with it."""
    link = Net()
    with listen(family, link.a) as listener, Peer(link, family) as peer:
        peer.dport = listener.getsockname()[1]
        peer.send("S", opts=MSS)
        peer.get("SA")
        equal(states(link.a, peer.sport), ["SYN_RECV"], "states")
        peer.dport = None
    link.a.remove()

    def b_lost_its_end():
        with link.b:
            return "vb" not in run("ip", "-o", "link", "show")
    wait_for(b_lost_its_end, 20, "the namespace to be freed")
    link.b.remove()


@case(FAMILIES)
def remove__with_live_connections(family):
    """Sockets keep their namespace working; it goes when they are closed."""
    link = Net()
    listener = listen(family, link.b)
    pairs = [pair(family, link, listener=listener) for _ in range(10)]
    waiting = sock(family, ns=link.a)
    waiting.connect((link.addr("b", family), listener.getsockname()[1]))  # never accepted
    link.b.remove()
    client, server = pairs[0]
    client.send(b"still here")
    equal(recv_exact(server, 10), b"still here", "data in a namespace without a name")
    check(not gone(link), "the namespace went while sockets lived in it")
    for client, server in pairs:
        server.close()
        client.close()
    waiting.close()
    listener.close()
    is_freed(link)
    link.a.remove()


@case(FAMILIES)
def remove__with_unread_and_unsent_data(family):
    link = Net()
    client, server = pair(family, link)
    client.setblocking(False)
    try:
        while True:
            client.send(bytes(65536))
    except BlockingIOError:
        pass
    link.b.remove()
    server.close()
    check(errno_of(client.send, b"x") in (errno.ECONNRESET, errno.EPIPE, errno.EAGAIN), "send")
    client.close()
    is_freed(link)
    link.a.remove()


@case((V4, V6), bound=60)
def remove__with_orphans(family):
    """An orphan whose peer is gone keeps its namespace only until its retries are used up."""
    link = Net()
    client, server = pair(family, link)
    for ns in (link.a, link.b):
        knob(ns, "orphan_retries", 1)
    with link.a:
        run("ip", "link", "set", "va", "down")
    server.send(b"unheard")
    server.close()
    link.b.remove()
    is_freed(link, 30)
    client.close()
    link.a.remove()


@case((V4, V6), bound=60)
def remove__over_and_over(family):
    """Namespaces come and go with connections in every state of life."""
    for _ in range(max(3, SIZE["rounds"] // 10)):
        with Net() as link:
            with listen(family, link.b) as listener:
                one = pair(family, link, listener=listener)
                two = pair(family, link, listener=listener)
                one[0].send(b"x")
                two[1].close()
                syn = sock(family, ns=link.a)
                syn.setblocking(False)
                errno_of(syn.connect, (link.addr("ghost", family), 9))
        for s in (*one, two[0], syn):
            s.close()


main()
