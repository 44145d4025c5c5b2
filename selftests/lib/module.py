# SPDX-License-Identifier: GPL-2.0
"""Loading and unloading the module, for tests that have it to themselves."""
import ctypes
import os

from lib import Failure, check, equal, errname, errno_of, fail, run, wait_for

KO = os.environ.get("XTCP_KO", "")
PARAMETERS = "/sys/module/xtcp/parameters/"
#: What the module creates, and where the kernel lists what it has registered
FILES = ("/proc/net/xtcp", "/proc/net/xtcp6", "/proc/net/xtcp_listen", "/proc/net/xtcp_stat",
         "/proc/sys/net/xtcp")
LISTS = ("/proc/slabinfo", "/proc/net/protocols", "/sys/devices/system/cpu/hotplug/states")
SYS_DELETE_MODULE = 176
O_NONBLOCK = 0o4000
libc = ctypes.CDLL(None, use_errno=True)


def loaded():
    return os.path.isdir("/sys/module/xtcp")


def unload():
    if libc.syscall(SYS_DELETE_MODULE, b"xtcp", O_NONBLOCK):
        raise OSError(ctypes.get_errno(), "delete_module")


def unload_soon(bound=10):
    """Unload; sockets that are still being freed may pin the module for a moment."""
    try:
        wait_for(lambda: errno_of(unload) == 0, bound)
    except Failure:
        fail(f"rmmod: {errname(errno_of(unload))}")
    check(not loaded(), "still there after rmmod")


def files():
    """The module's files that exist."""
    return [path for path in FILES if os.path.exists(path)]


def left_behind():
    """What is left in the kernel of a module that is not loaded.

    Slabs are known by their names only where they are not merged, as in the debug kernel.
    """
    found = files()
    for path in LISTS:
        with open(path, encoding="ascii") as file:
            found += [f"{path}: {line.strip()[:40]}" for line in file if "xtcp" in line.lower()]
    return found


def load(*parameters):
    if not loaded():
        run("insmod", KO, *parameters)


def in_use(what):
    equal(errname(errno_of(unload)), "EAGAIN", f"rmmod while {what}")


def parameter(name, value=None):
    """Read a module parameter, or write it if a value is given."""
    fd = os.open(PARAMETERS + name, os.O_RDONLY if value is None else os.O_WRONLY)
    try:
        if value is None:
            return os.read(fd, 100).decode().strip()
        os.write(fd, str(value).encode())
    finally:
        os.close(fd)
    return None
