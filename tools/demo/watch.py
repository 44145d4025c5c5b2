#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""watch.py CLIENT-PID SERVER-PID PORT BOUND: watch connections of one port.

Reads /proc/PID/net/xtcp, the connection table of that process's namespace, over and over;
prints a line whenever a state changes, until the client has been in TIME-WAIT and left it.
Exits with 1 if a state of the textbook is missing, or after BOUND seconds.
"""
import sys
import time

NAMES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2",
         6: "TIME-WAIT", 7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN",
         11: "CLOSING"}
# RFC 9293, figures 6 and 12
CLIENT = ["SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
SERVER = ["LISTEN", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK"]


def state(pid, port):
    """The state of the connection at that port; a listener's only if there is nothing else."""
    with open(f"/proc/{pid}/net/xtcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    found = [NAMES[int(row[3], 16)] for row in rows
             if port in (int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16))]
    return max(found, key=lambda name: name != "LISTEN", default="-")


def missing(seen, wanted):
    """The first wanted state that is not seen in order, or None."""
    rest = iter(seen)
    return next((name for name in wanted if name not in rest), None)


def main():
    client_pid, server_pid, port, bound = (int(word) for word in sys.argv[1:])
    start, last, client, server = time.monotonic(), None, [], []
    entered = left = None
    while left is None:
        now = time.monotonic()
        if now - start > bound:
            sys.exit(f"watch: no end after {bound} s; client {client}, server {server}")
        both = state(client_pid, port), state(server_pid, port)
        if both != last:
            print(f"   {now - start:6.2f} s   {both[0]:<14} {both[1]}", flush=True)
            client.append(both[0])
            server.append(both[1])
            last = both
        if both[0] == "TIME-WAIT" and entered is None:
            entered = now
        if entered and both[0] != "TIME-WAIT":
            left = now
        time.sleep(0.005)
    print(f"   TIME-WAIT lasted {left - entered:.2f} s")
    for who, seen, wanted in (("client", client, CLIENT), ("server", server, SERVER)):
        if name := missing(seen, wanted):
            sys.exit(f"watch: the {who} was never seen in {name}: {seen}")


main()
