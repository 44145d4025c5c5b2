# SPDX-License-Identifier: GPL-2.0
"""BPF programs of a few instructions, assembled by hand: bpf(2)."""
import ctypes
import os
import socket
import struct

from lib.base import libc
from lib.wire import Sniffer

SYS_BPF, PROG_LOAD, PROG_ATTACH, RAW_TRACEPOINT_OPEN = 321, 5, 8, 17
SOCKET_FILTER, CGROUP_SKB, CGROUP_SOCK_ADDR, LSM = 1, 8, 18, 29
EGRESS, CONNECT4, CONNECT6, LSM_MAC = 1, 10, 11, 27
SO_ATTACH_BPF = 50
#: offsets in struct __sk_buff
MARK, PRIORITY = 8, 32
LOAD, UNLESS, MOVE, EXIT = 0x61, 0x55, 0xB7, 0x95


def insn(code, to=0, of=0, at=0, value=0):
    return struct.pack("BBhi", code, to | of << 4, at, value)


def give(value):
    """A program that always returns this value."""
    return insn(MOVE, 0, value=value) + insn(EXIT)


def give_if(at, value, yes, no):
    """A program that returns yes if the word at that offset has this value, else no."""
    return insn(LOAD, 2, 1, at) + insn(UNLESS, 2, at=2, value=value) + give(yes) + give(no)


def _bpf(command, attr):
    buffer = ctypes.create_string_buffer(attr, 128)
    result = libc.syscall(SYS_BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result


def load(kind, program, attach=0, hook=0):
    """Load a program; its file descriptor."""
    code, license_ = (ctypes.create_string_buffer(raw) for raw in (program, b"GPL"))
    return _bpf(PROG_LOAD, struct.pack("IIQQIIQII16sIIIIQIIQII", kind, len(program) // 8,
                                       ctypes.addressof(code), ctypes.addressof(license_),
                                       0, 0, 0, 0, 0, b"", 0, attach, 0, 0, 0, 0, 0, 0, 0, hook))


#: size of what follows a type in BTF, by its kind: fixed bytes, and bytes for each member
BTF_MORE = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0),
            15: (0, 12), 17: (4, 0), 19: (0, 12)}
BTF_FUNCTION = 12


def function_id(name):
    """The BTF id of a function of the kernel."""
    with open("/sys/kernel/btf/vmlinux", "rb") as file:
        raw = file.read()
    header, types, length, strings, _ = struct.unpack_from("IIIII", raw, 4)
    at, end, number = header + types, header + types + length, 0
    wanted = raw.index(b"\0" + name.encode() + b"\0", header + strings) + 1 - header - strings
    while at < end:
        number += 1
        said, info = struct.unpack_from("II", raw, at)
        kind = info >> 24 & 31
        if kind == BTF_FUNCTION and said == wanted:
            return number
        fixed, each = BTF_MORE.get(kind, (0, 0))
        at += 12 + fixed + each * (info & 0xffff)
    raise LookupError(name)


def attach_cgroup(path, program, attach):
    """Attach the program to a cgroup's sockets, for as long as the cgroup lives."""
    group = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _bpf(PROG_ATTACH, struct.pack("IIII", group, program, attach, 0))
    finally:
        os.close(group)


def attach_lsm(program):
    """Attach the program to the whole kernel, until the file descriptor is closed."""
    return _bpf(RAW_TRACEPOINT_OPEN, struct.pack("QI", 0, program))


class Tap(Sniffer):
    """Sees the packets that leave by a device and have this mark, or this priority."""

    def __init__(self, ns, dev, where, value):
        super().__init__(ns, dev)
        program = load(SOCKET_FILTER, give_if(where, value, 0x7fffffff, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_BPF, program)
        os.close(program)
