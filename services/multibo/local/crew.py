"""The processes of a stack: started in order, kept alive, stopped in order.

One thread does all of it. It has to: on Linux a child dies with the *thread* that
spawned it (see `tether`), so that thread lives exactly as long as the stack.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

from multibo.local.child import Child
from multibo.local.errors import (
    LocalError,
    ProcessKeepsExitingError,
    ProcessNotReadyError,
    StackStoppedError,
)
from multibo.local.guard import Guard
from multibo.local.logs import LogFile
from multibo.local.processes import ProcessSpec
from multibo.local.restart import RestartPolicy

TICK_S: Final = 0.05
TRIM_EVERY_S: Final = 60.0


class Crew:
    """Runs the processes until one of them cannot be kept alive, or `stop`."""

    def __init__(
        self,
        stages: Sequence[Sequence[ProcessSpec]],
        *,
        log_of: Callable[[str], LogFile],
        report: Callable[[str], None],
    ) -> None:
        self._stages = [
            [_Member(spec, log_of(spec.name)) for spec in stage] for stage in stages
        ]
        self._report = report
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._failure: LocalError | OSError | None = None
        # A daemon: a caller that forgets `stop` must still be able to exit, which
        # ends the processes through their tether and the guard.
        self._thread = threading.Thread(target=self._run, name="crew", daemon=True)

    def start(self) -> None:
        """Start all stages; return when the last one is ready.

        Raises:
            ProcessNotReadyError: if a process ends or stays silent; all are stopped.
            StackStoppedError: if `stop` came first.
        """
        self._thread.start()
        self._ready.wait()
        if self._ended.is_set() or self._failure is not None:
            self._ended.wait()
            raise self._failure or StackStoppedError

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the crew.

        Args:
            timeout_s: None waits for ever.

        Returns:
            Whether it has ended.

        Raises:
            ProcessKeepsExitingError: if a process could not be kept alive.
        """
        ended = self._ended.wait(timeout_s)
        if ended and self._failure is not None:
            raise self._failure
        return ended

    def request_stop(self, *, hurry: bool = False) -> None:
        """Begin to stop and return at once; safe in a signal handler.

        Args:
            hurry: kill instead of asking.
        """
        if hurry:
            self._hurry.set()
        self._stop.set()

    def stop(self) -> None:
        """Stop every process, in the order of the stop ranks; return when done."""
        self.request_stop()
        if self._thread.is_alive():
            self._thread.join()

    def pids(self) -> dict[str, int]:
        """Return the process ids of those that run, by name."""
        children = {member.spec.name: member.child for member in self._members()}
        return {name: child.pid for name, child in children.items() if child}

    def _members(self) -> list[_Member]:
        return [member for stage in self._stages for member in stage]

    def _run(self) -> None:
        guard = Guard()
        try:
            for stage in self._stages:
                self._bring_up(stage, guard)
            self._ready.set()
            self._keep_alive(guard)
        except (LocalError, OSError) as error:
            self._failure = error
        finally:
            self._take_down()
            guard.close()
            self._ended.set()
            self._ready.set()

    def _bring_up(self, stage: Sequence[_Member], guard: Guard) -> None:
        for member in stage:
            member.log.begin()
            member.spawn(guard)
        waiting = list(stage)
        while waiting:
            if self._stop.wait(TICK_S):
                raise StackStoppedError
            for member in list(waiting):
                if member.has_come_up():
                    waiting.remove(member)
                    took_s = time.monotonic() - member.spawned_s
                    self._report(f"{member.spec.name:<10} ready in {took_s:.1f} s")

    def _keep_alive(self, guard: Guard) -> None:
        trimmed_s = time.monotonic()
        while not self._stop.wait(TICK_S):
            now_s = time.monotonic()
            for member in self._members():
                news = member.revive(guard, now_s)
                if news:
                    self._report(news)
            if now_s - trimmed_s > TRIM_EVERY_S:
                trimmed_s = now_s
                for member in self._members():
                    member.log.trim()

    def _take_down(self) -> None:
        def rank(member: _Member) -> int:
            return member.spec.stop_rank

        for _, group in groupby(sorted(self._members(), key=rank), key=rank):
            members = [member for member in group if member.child is not None]
            for member in members:
                member.ask_to_stop()
            asked_s = time.monotonic()
            for member in members:
                until_s = asked_s + member.spec.stop_within_s
                while member.is_alive() and time.monotonic() < until_s:
                    if self._hurry.wait(TICK_S):
                        break
                if not member.bury():
                    self._report(f"{member.spec.name} did not stop in time: killed")


class _Member:
    """One process over its several lives."""

    def __init__(self, spec: ProcessSpec, log: LogFile) -> None:
        self.spec = spec
        self.log = log
        self.child: Child | None = None
        self.spawned_s = 0.0
        self._policy = RestartPolicy()
        self._due_s: float | None = None

    def spawn(self, guard: Guard) -> None:
        self.spawned_s = time.monotonic()
        self._due_s = None
        self.child = Child(
            self.spec.command,
            environment=self.spec.environment,
            log=self.log,
            guard=guard,
        )

    def has_come_up(self) -> bool:
        """Say whether it is ready; raise if it ended or took too long."""
        if self.child is None:
            return False
        status = self.child.status()
        if status is not None:
            raise self._not_ready(f"ended with status {status} at its start")
        if self.spec.is_ready(self.child.pid):
            return True
        if time.monotonic() - self.spawned_s > self.spec.ready_within_s:
            raise self._not_ready(f"not ready within {self.spec.ready_within_s:g} s")
        return False

    def _not_ready(self, reason: str) -> ProcessNotReadyError:
        return ProcessNotReadyError(
            self.spec.name, reason, log=self.log.path, tail=self.log.tail()
        )

    def revive(self, guard: Guard, now_s: float) -> str:
        """Notice an end, start again when due; return what there is to say."""
        if self.child is not None:
            status = self.child.status()
            return "" if status is None else self._note_exit(status, now_s)
        if self._due_s is not None and now_s >= self._due_s:
            self.spawn(guard)
        return ""

    def _note_exit(self, status: int, now_s: float) -> str:
        self.bury()
        pause_s = self._policy.after_exit(now_s)
        if pause_s is None:
            raise ProcessKeepsExitingError(
                self.spec.name,
                n_exits=self._policy.n_exits_max,
                window_s=self._policy.window_s,
                status=status,
                log=self.log.path,
                tail=self.log.tail(),
            )
        self._due_s = now_s + pause_s
        return (
            f"{self.spec.name} ended with status {status}; "
            f"starting it again in {pause_s:.1f} s"
        )

    def is_alive(self) -> bool:
        return self.child is not None and self.child.status() is None

    def ask_to_stop(self) -> None:
        if self.child is not None:
            self.child.terminate()

    def bury(self) -> bool:
        """End it for good; return whether it had ended by itself."""
        had_ended = not self.is_alive()
        if self.child is not None:
            self.child.bury()
            self.child = None
        return had_ended
