"""Failures of a check as findings: what the target's fault is, and what is our own."""

from __future__ import annotations

import errno
import ssl

from statuspage.monitoring import certificates
from statuspage.monitoring.aim import Aim, seconds_text
from statuspage.monitoring.exchange import BrokenOff, NotHttp, Unanswered
from statuspage.monitoring.finding import Doubt, Finding, down, unknown
from statuspage.monitoring.names import NamesSilent, NoSuchName
from statuspage.reaching import Unreachable

OWN = {
    errno.ENETUNREACH: "this machine has no way to that network",
    errno.ENETDOWN: "this machine's network is down",
    errno.EADDRNOTAVAIL: "this machine has no free address or port",
    errno.EAFNOSUPPORT: "this machine does not speak that protocol",
    errno.EMFILE: "too many open connections here",
    errno.ENFILE: "too many open files on this machine",
    errno.ENOBUFS: "this machine is out of buffers",
    errno.ENOMEM: "this machine is out of memory",
    errno.EPERM: "this machine's firewall forbids it",
    errno.EACCES: "this machine's firewall forbids it",
}
"""Errors that say something of this machine and nothing of the target."""
IN_DOUBT = {errno.EHOSTUNREACH: "no way to the host", errno.EHOSTDOWN: "the host is down"}
OF_TARGET = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EPIPE: "connection reset",
    errno.ECONNABORTED: "connection broken off",
}


def finding_of(error: Exception, aim: Aim) -> Finding:
    """What an exception of a check means."""
    match error:
        case TimeoutError():
            return down(f"no answer in {seconds_text(aim.timeout)}", Doubt.NETWORK)
        case Unreachable():
            return unknown(f"not checked: {error}, and PROBE_ALLOW_PRIVATE does not name it")
        case NamesSilent():
            return down(str(error), Doubt.NAMES)
        case NoSuchName():
            return down(str(error))
        case ssl.SSLError():
            return down(certificates.fault(error))
        case Unanswered() | EOFError():
            return down("closed the connection without an answer")
        case BrokenOff():
            return down("broke off in the middle of its answer")
        case NotHttp():
            return down("answered something that is not HTTP")
        case OSError():
            return _of_system(error)
        case _:
            return down(f"{type(error).__name__}: {error}")


def _of_system(error: OSError) -> Finding:
    number = error.errno or 0
    if number in OWN:
        return unknown(OWN[number])
    if number in IN_DOUBT:
        return down(IN_DOUBT[number], Doubt.NETWORK)
    if number == errno.ETIMEDOUT:
        return down("no answer", Doubt.NETWORK)
    return down(OF_TARGET.get(number) or error.strerror or str(error) or type(error).__name__)
