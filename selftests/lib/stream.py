# SPDX-License-Identifier: GPL-2.0
"""Streams of bytes that any process can reproduce, and connections that carry them."""
import hashlib
import random
import select
import socket
import time

from lib import Child, equal, fail, net, pair, slow

BLOCK = 1 << 18


def stream(seed, total):
    """Reproducible bytes that do not compress or repeat."""
    source = random.Random(seed)
    while total:
        part = source.randbytes(min(BLOCK, total))
        total -= len(part)
        yield part


def digest_of(seed, total):
    digest = hashlib.sha1()
    for part in stream(seed, total):
        digest.update(part)
    return digest.hexdigest()


def duplex(s, send_seed, recv_seed, total, sizes=None):
    """Send one stream and receive the other at the same time; check what arrives."""
    s.setblocking(False)
    source, out, digest, got, sent = stream(send_seed, total), b"", hashlib.sha1(), 0, 0
    while got < total or sent < total:
        if not out and sent < total:
            out = memoryview(next(source))
        r, w, _ = select.select([s] if got < total else [], [s] if out else [], [], slow(60))
        if not r and not w:
            fail(f"stalled: {sent} of {total} sent, {got} received")
        if w:
            count = s.send(out[:sizes()] if sizes else out)
            sent += count
            out = out[count:]
        if r:
            part = s.recv(1 << 18)
            if not part:
                fail(f"end of stream after {got} of {total} bytes")
            digest.update(part)
            got += len(part)
    equal(digest.hexdigest(), digest_of(recv_seed, total), "checksum of what came")
    s.setblocking(True)


def exchange(family, total, where=None, sizes=None, setup=None):
    """total bytes each way at the same time, then both closes."""
    where = where or net()
    client, server = pair(family, where)
    if setup:
        setup(client, server)

    def serve():
        client.close()
        duplex(server, 2, 1, total, sizes)
        server.shutdown(socket.SHUT_WR)
        equal(server.recv(1), b"", "end of stream")
    child = Child(serve)
    server.close()
    start = time.monotonic()
    duplex(client, 1, 2, total, sizes)
    client.shutdown(socket.SHUT_WR)
    equal(client.recv(1), b"", "end of stream")
    client.close()
    child.join()
    print(f"# {total} bytes each way in {time.monotonic() - start:.2f} s")


def one_way(family, total, where=None, chunk=None):
    """total bytes from a to b, written in pieces of one size."""
    client, server = pair(family, where or net())

    def send():
        server.close()
        for part in stream(3, total):
            for i in range(0, len(part), chunk or len(part)):
                client.sendall(part[i:i + (chunk or len(part))])
        client.close()
    child = Child(send)
    client.close()
    digest = hashlib.sha1()
    while part := server.recv(1 << 18):
        digest.update(part)
    child.join()
    server.close()
    equal(digest.hexdigest(), digest_of(3, total), "checksum")
