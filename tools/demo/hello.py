# SPDX-License-Identifier: GPL-2.0
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 253)  # all that is new
if "serve" in sys.argv:
    s.bind(("10.0.0.2", 2530))
    s.listen()
    peer, address = s.accept()
    while words := peer.recv(1000):
        peer.sendall(words.upper())
    time.sleep(1)  # so that CLOSE-WAIT can be seen
else:
    s.connect(("10.0.0.2", 2530))
    s.sendall(b"hello, tcp?")
    print(s.recv(1000).decode())
