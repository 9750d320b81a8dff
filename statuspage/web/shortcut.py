"""The embedded server's way in: what is at hand is answered in the thread that hands requests over.

By itself the server makes a task of an event loop out of each request and wakes the loop's thread for it, which
costs more than the answer. Here only what is not at hand becomes a task. It rests on parts of granian that are not
documented; requirements.in holds granian to the releases in which they are so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from granian._futures import _future_watcher_wrapper
from granian._granian import CallbackScheduler, RSGIWorker
from granian.server.embed import AsyncWorker

AtOnce = Callable[[Any, Any], bool]
InTime = Callable[[Any, Any], Awaitable[None]]
Spawn = Callable[..., Any]


def spawn_of(at_once: AtOnce, in_time: InTime) -> Spawn:
    """What `Server.serve` starts its worker with. `at_once(scope, proto)` answers without waiting for anything and
    says whether it did; if not, `in_time(scope, proto)` becomes a task of the loop."""

    async def spawn(number: int, stopping: Any, _target: Any, sock: Any, loop: Any, *given: Any) -> None:
        threads, protocol, tls = given[:5], given[6:11], given[12]
        ended = loop.create_future()
        stopping.add_cb(lambda: loop.call_soon_threadsafe(ended.set_result, None))
        scheduler = CallbackScheduler(loop, None, None, None, None)  # it makes no tasks, to which these belong
        scheduler._schedule_fn = _scheduling(at_once, _future_watcher_wrapper(in_time), loop)
        worker = RSGIWorker(number, sock, None, *threads, *protocol, *tls, (None, None))
        worker.serve_async(scheduler, loop, stopping)
        await ended

    return AsyncWorker.wrap_target(spawn)  # type: ignore[no-any-return]  # granian's embedded server has no types


def _scheduling(at_once: AtOnce, in_time: Callable[[Any], Any], loop: Any) -> Callable[[Any], None]:
    """What the server calls for each request, with all that belongs to it."""

    def start(watcher: Any) -> None:
        watcher.taskref(loop.create_task(in_time(watcher)))

    def schedule(watcher: Any) -> None:
        try:
            if not at_once(watcher.scope, watcher.proto):
                loop.call_soon_threadsafe(start, watcher)
                return
        except Exception as error:
            watcher.err(error)
        else:
            watcher.done()

    return schedule
