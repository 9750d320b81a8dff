"""A loader for one address: keep-alive connections on one core, raw sockets. Prints answers per second.

Run as a process of its own: python -m bench.load PORT SECONDS CONNECTIONS
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n"


def main() -> None:
    """Load the front page and print the rate."""
    port, seconds, connections = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    size = measure_answer(port)
    selector = selectors.DefaultSelector()
    buffer = bytearray(1 << 18)
    for _ in range(connections):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(REQUEST)
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ, [0])
    answers = 0
    began = time.perf_counter()
    until = began + seconds
    while time.perf_counter() < until:
        for key, _ in selector.select(1):
            client = key.fileobj  # type: ignore[assignment]
            key.data[0] += client.recv_into(buffer)
            if key.data[0] >= size:
                key.data[0] -= size
                answers += 1
                client.sendall(REQUEST)
    print(answers / (time.perf_counter() - began))


def measure_answer(port: int) -> int:
    """The length of one whole answer in bytes; every answer has the same."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(REQUEST)
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(65536)
        head, _, _ = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        assert b"content-encoding: gzip" in head, head
        found = re.search(rb"content-length: (\d+)", head)
        assert found
        return len(head) + 4 + int(found[1])


if __name__ == "__main__":
    main()
