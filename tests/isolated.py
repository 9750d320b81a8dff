"""A page and a walk through it in a network of their own, which has a loopback and nothing else.

Run as a process of its own inside it: unshare --net python -m tests.isolated INSTANCE
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from tests.running import running_page
from tests.walking import addresses, walk

GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP


def main() -> None:
    """Print what did not answer, and how many did."""
    instance = Path(sys.argv[1])
    with suppress(PermissionError):  # a network that is blocked by proxies only has its loopback up
        raise_loopback()
    outside = any(reaches(host) for host in (("192.0.2.1", 80), ("198.41.0.4", 53)))
    with running_page(instance) as page:
        paths = addresses(instance / "public")
        print(json.dumps({"wrong": walk(page.port, paths), "asked": len(paths), "outside": outside}))


def raise_loopback() -> None:
    """A new network's loopback is down."""
    with socket.socket() as asking:
        flags = struct.unpack("16sh", fcntl.ioctl(asking, GET_FLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(asking, SET_FLAGS, struct.pack("16sh", b"lo", flags | UP))


def reaches(address: tuple[str, int]) -> bool:
    """Whether there is a way out at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


if __name__ == "__main__":
    main()
