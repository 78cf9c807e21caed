"""Runs jobs each in a process of its own, several at once, each with a time limit: no model can take others with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")


@dataclass
class Outcome(Generic[Job]):
    """A job's end: its ``value``, or the ``fault`` that ended it."""

    job: Job
    value: Any
    fault: str | None
    seconds: float


@dataclass
class _Running(Generic[Job]):
    job: Job
    process: Any
    receiver: Any
    started: float


def run_isolated(
    jobs: Iterable[Job], work: Callable[[Job], Any], *, workers: int, limit: float
) -> Iterator[Outcome[Job]]:
    """Runs ``work(job)`` for each job, ``workers`` at once; a job that takes more than ``limit`` seconds is ended.

    Processes are forked where the system can (what the parent has imported is then there at once).
    """
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    waiting = iter(jobs)
    running: list[_Running[Job]] = []
    more = True
    try:
        while more or running:
            while more and len(running) < workers:
                job = next(waiting, _END)
                if job is _END:
                    more = False
                    break
                running.append(_start(context, job, work))
            for entry in list(running):
                outcome = _ended(entry, limit)
                if outcome is not None:
                    running.remove(entry)
                    yield outcome
            time.sleep(0.01)
    finally:
        for entry in running:
            _kill(entry.process)


_END: Any = object()


def _start(context: Any, job: Job, work: Callable[[Job], Any]) -> _Running[Job]:
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, work, job), daemon=True)
    process.start()
    sender.close()
    return _Running(job, process, receiver, time.monotonic())


def _child(sender: Any, work: Callable[[Any], Any], job: Any) -> None:
    """Runs in the job's own process; its own process group, so that what it starts ends with it."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    try:
        sender.send(("value", work(job)))
    except BaseException as error:
        sender.send(("fault", f"{type(error).__name__}: {error}"[:400] or traceback.format_exc()[-400:]))
    sender.close()


def _ended(entry: _Running[Job], limit: float) -> Outcome[Job] | None:
    seconds = time.monotonic() - entry.started
    if entry.receiver.poll():
        try:
            kind, found = entry.receiver.recv()
        except EOFError:
            entry.process.join()
            return Outcome(entry.job, None, _died(entry.process.exitcode), seconds)
        entry.process.join(5)
        _kill(entry.process)
        return Outcome(entry.job, found if kind == "value" else None, found if kind == "fault" else None, seconds)
    if not entry.process.is_alive():
        return Outcome(entry.job, None, _died(entry.process.exitcode), seconds)
    if seconds > limit:
        _kill(entry.process)
        return Outcome(entry.job, None, f"took more than {limit:.0f} s", seconds)
    return None


def _died(code: int | None) -> str:
    return f"its process ended with {signal.Signals(-code).name if code and code < 0 else f'exit code {code}'}"


def _kill(process: Any) -> None:
    if process.is_alive():
        if hasattr(os, "killpg") and process.pid:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                process.kill()
        process.join(5)
