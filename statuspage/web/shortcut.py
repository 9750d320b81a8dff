"""The embedded server's way in: what is at hand is answered in the thread that hands requests over.

By itself the server makes a task of an event loop out of each request and wakes the loop's thread for it, which
costs more than the answer. Here only what is not at hand becomes a task. It rests on parts of granian that are not
documented; requirements.in holds granian to the releases in which they are so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from granian import _futures, _granian
from granian.server import embed

AtOnce = Callable[[Any, Any], bool]
InTime = Callable[[Any, Any], Awaitable[None]]
Spawn = Callable[..., Any]
_rust: Any = _granian  # what stands beside it as its types is of another release
_tasks: Any = _futures
_embedded: Any = embed


def spawn_of(at_once: AtOnce, in_time: InTime) -> Spawn:
    """What `Server.serve` starts its worker with. `at_once(scope, proto)` answers without waiting for anything and
    says whether it did; if not, `in_time(scope, proto)` becomes a task of the loop."""

    async def spawn(number: int, stopping: Any, _target: Any, sock: Any, loop: Any, *given: Any) -> None:
        threads, protocol, tls = given[:5], given[6:11], given[12]
        ended = loop.create_future()
        stopping.add_cb(lambda: loop.call_soon_threadsafe(ended.set_result, None))
        scheduler = _rust.CallbackScheduler(loop, None, None, None, None)  # it makes no tasks, to which these belong
        scheduler._schedule_fn = _scheduling(at_once, _tasks._future_watcher_wrapper(in_time), loop)
        worker = _rust.RSGIWorker(number, sock, None, *threads, *protocol, *tls, (None, None))
        worker.serve_async(scheduler, loop, stopping)
        await ended

    wrapped: Spawn = _embedded.AsyncWorker.wrap_target(spawn)
    return wrapped


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
