"""A server that misbehaves on request, in a process of its own: python -m tests.monitoring.target [CERTIFICATE KEY]

Prints its port. The first word of the path says what it does; any other path answers 200 and "all is well".
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys

WELL = "HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n{text}"
JSON = '{"status": "ok", "checks": [{"name": "db", "state": true, "lag": 3}]}'


async def main() -> None:
    """Serve until killed."""
    tls = None
    if len(sys.argv) > 1:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[1], sys.argv[2])
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request, one answer or misdeed."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, path, _ = head.split(" ", 2)
        await misbehave(path.strip("/").split("/"), method, head, reader, writer)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def misbehave(
    words: list[str], method: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Do what the path says."""
    match words:
        case ["hang"]:
            await asyncio.sleep(60)
        case ["drip"]:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            for _ in range(600):
                writer.write(b"x")
                await asyncio.sleep(0.1)
        case ["endless"]:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        case ["reset"]:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        case ["close"]:
            pass
        case ["half"]:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        case ["bytes"]:
            writer.write(b"\x00\xff\x17 this is not HTTP\r\n\r\n")
        case ["status", code]:
            writer.write(f"HTTP/1.1 {code} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        case ["loop"]:
            redirect(writer, "/loop")
        case ["to", *rest]:
            redirect(writer, "/".join(rest))
        case ["slow"]:
            await asyncio.sleep(0.3)
            say(writer, "all is well")
        case ["json"]:
            say(writer, JSON, "application/json")
        case ["echo"]:
            size = next((line for line in head.lower().splitlines() if line.startswith("content-length:")), ":0")
            body = await reader.readexactly(int(size.split(":")[1]))
            say(writer, f"{head}{body.decode()}")
        case _:
            say(writer, "all is well")


def say(writer: asyncio.StreamWriter, text: str, type: str = "text/plain") -> None:
    """Answer 200 with a text."""
    writer.write(WELL.format(type=type, size=len(text.encode()), text=text).encode())


def redirect(writer: asyncio.StreamWriter, to: str) -> None:
    """Answer 302."""
    writer.write(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


if __name__ == "__main__":
    asyncio.run(main())
