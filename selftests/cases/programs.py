# SPDX-License-Identifier: GPL-2.0
"""Programs that know only xtcp's protocol number transfer a real file."""
import hashlib
import os
import socket
import subprocess
import tempfile

from lib import (PLACE, PROTO, V4, V6, case, equal, main, net, port, slow, wait_state)

FILE = os.environ.get("XTCP_KO") or "/bin/bash"


def address(family, addr, number):
    """A generic address for socat: the sockaddr after its family, in hex."""
    if family == V4:
        return "x" + (number.to_bytes(2, "big") + socket.inet_aton(addr) + bytes(8)).hex()
    return "x" + (number.to_bytes(2, "big") + bytes(4)
                  + socket.inet_pton(socket.AF_INET6, addr) + bytes(4)).hex()


def socat(ns, *args):
    with ns:
        return subprocess.Popen(["socat", *args], stderr=subprocess.PIPE, text=True)


def finish(program):
    try:
        said = program.communicate(timeout=slow(20))[1]
    except subprocess.TimeoutExpired:
        program.kill()
        raise
    equal(program.returncode, 0, f"exit status of socat ({said.strip()})")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def ends(family, at):
    number = 2 if family == V4 else 10
    where = address(family, net().addr("b", family), at)
    return f"SOCKET-LISTEN:{number}:{PROTO}:{where}", f"SOCKET-CONNECT:{number}:{PROTO}:{where}"


@case((V4, V6), bound=60)
def socat__client_sends_a_file(family):
    at = port()
    server_end, client_end = ends(family, at)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        server = socat(net().b, "-u", server_end, f"CREATE:{work}/received")
        wait_state(net().b, at, "LISTEN", 10)
        finish(socat(net().a, "-u", f"OPEN:{FILE}", client_end))
        finish(server)
        equal(digest(f"{work}/received"), digest(FILE), "sha256")


@case((V4, V6), bound=60)
def socat__server_sends_a_file(family):
    at = port()
    server_end, client_end = ends(family, at)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        server = socat(net().b, "-U", server_end, f"OPEN:{FILE}")
        wait_state(net().b, at, "LISTEN", 10)
        finish(socat(net().a, "-u", client_end, f"CREATE:{work}/received"))
        finish(server)
        equal(digest(f"{work}/received"), digest(FILE), "sha256")


@case((V4, V6), bound=60)
def socat__echo_server_for_many(family):
    """A forking server: each client gets its data back through `cat`."""
    at = port()
    server_end, client_end = ends(family, at)
    server = socat(net().b, "-t", "10", server_end + ",fork", "EXEC:cat")
    try:
        wait_state(net().b, at, "LISTEN", 10)
        for number in range(3 if PLACE == "debug" else 6):
            text = f"client {number}\n" * 1000
            with net().a:
                out = subprocess.run(["socat", "-t", "10", "-", client_end], input=text, text=True,
                                     stdout=subprocess.PIPE, timeout=slow(20), check=True)
            equal(out.stdout, text, "echo")
    finally:
        server.terminate()
        server.wait()


main()
