"""Work ahead in Redis: proposals by their request, rows that wait for idle workers."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from redis.asyncio import Redis

from multibo.jobs import keys
from multibo.jobs.job import RenderJob
from multibo.jobs.keys import SessionKeys
from multibo.jobs.speculation import LIFE_MS, SpeculativeRow, digest_of, row_to_json
from multibo.optimizer.adapters.redis_wire import as_text, script_of, store_errors
from multibo.optimizer.preference.slate import (
    ENGINE_VERSION,
    Proposal,
    ProposalRequest,
    ProposedCandidate,
    Role,
)
from multibo.optimizer.session.ids import RoundName, SessionName
from multibo.optimizer.session.model import Session

logger = logging.getLogger(__name__)

_PROPOSAL_MS: Final = 10 * 60_000
"""Proposals are small: they outlive a person who thinks for long."""

Wake = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many rows may be asked for ahead at a time."""

    session_rows: int = 8
    project_rows: int = 64


@dataclass(frozen=True, slots=True)
class Settled:
    """What work ahead was good for, once it is known what is shown."""

    n_hits: int = 0
    """Pictures that were there."""
    n_late: int = 0
    """Pictures asked for ahead, not finished in time."""
    n_wasted: int = 0
    """Pictures rendered for nothing."""


class RedisLookahead:
    """A `Lookahead` over Redis, and what becomes of it once the answer is there."""

    def __init__(self, redis: Redis, wake: Wake, bounds: Bounds | None = None) -> None:
        """Take the parts.

        Args:
            redis: of the store.
            wake: tells the fleet that rows of a model wait under a compat key.
            bounds: the budget.
        """
        self._redis = redis
        self._wake = wake
        self._bounds = bounds or Bounds()
        self._speculate = script_of(redis, "speculate")
        self._settle = script_of(redis, "settle")

    async def proposal(self, request: ProposalRequest) -> Proposal | None:
        """Return what was proposed ahead; see `Lookahead.proposal`."""
        async with store_errors():
            found = await self._redis.get(keys.proposal(_digest(request)))
        return None if found is None else _proposal_of(found)

    async def keep_proposal(self, request: ProposalRequest, proposal: Proposal) -> None:
        """Keep a proposal; see `Lookahead.keep_proposal`."""
        document = json.dumps(asdict(proposal), separators=(",", ":"))
        async with store_errors():
            await self._redis.set(
                keys.proposal(_digest(request)), document, px=_PROPOSAL_MS
            )

    async def push(self, session: Session, rows: Iterable[SpeculativeRow]) -> bool:
        """Ask for rows; see `Lookahead.push`."""
        name = session.name
        by_compat: dict[tuple[str, str], list[SpeculativeRow]] = {}
        for row in rows:
            spec = row.spec
            by_compat.setdefault((spec.model, spec.compat_key), []).append(row)
        for (model, compat), those in by_compat.items():
            async with store_errors():
                n_asked = int(
                    await self._speculate(
                        keys=[
                            SessionKeys(name.sid).state,
                            SessionKeys(name.sid).speculation,
                            keys.speculative_rows(compat),
                            keys.project_speculation(name.project),
                        ],
                        args=[
                            session.rev,
                            name.sid,
                            LIFE_MS,
                            *self._limits,
                            *_told(those),
                        ],
                    )
                )
            if n_asked < 0:
                return False
            if n_asked:
                await self._wake(model, compat)
        return True

    @property
    def _limits(self) -> tuple[int, int]:
        return self._bounds.session_rows, self._bounds.project_rows

    async def answered(self, name: SessionName, slot: int) -> Settled:
        """Give up what does not follow an answer.

        Args:
            name: the session.
            slot: of the candidate chosen.

        Raises:
            StoreUnavailableError: if Redis does not answer.
        """
        return await self._settled(name, str(slot), ())

    async def shown(self, name: SessionName, jobs: Iterable[RenderJob]) -> Settled:
        """Give up what is not shown; the rest is asked for by a person from now on.

        Args:
            name: the session.
            jobs: of what is shown next; none if nothing is.

        Raises:
            StoreUnavailableError: if Redis does not answer.
        """
        return await self._settled(name, "", [digest_of(job.spec) for job in jobs])

    async def _settled(
        self, name: SessionName, slot: str, digests: Iterable[str]
    ) -> Settled:
        async with store_errors():
            hits, late, wasted, gone = await self._settle(
                keys=[
                    SessionKeys(name.sid).speculation,
                    keys.project_speculation(name.project),
                ],
                args=[name.sid, slot, *digests],
            )
            await self._unqueue(name, [as_text(one) for one in gone])
        return Settled(int(hits), int(late), int(wasted))

    async def _unqueue(self, name: SessionName, gone: list[str]) -> None:
        by_compat: dict[str, list[str]] = {}
        for compat, digest in zip(gone[::2], gone[1::2], strict=True):
            reference = keys.speculative_reference(name.sid, digest)
            by_compat.setdefault(compat, []).append(reference)
        for compat, references in by_compat.items():
            await self._redis.zrem(keys.speculative_rows(compat), *references)

    async def opened(self, *, wait_s: float = 1.0) -> RoundName | None:
        """Return a round whose pictures are all there; each is told once.

        Args:
            wait_s: the longest wait, shorter than the client's time-out.

        Returns:
            None if there was none.

        Raises:
            StoreUnavailableError: if Redis does not answer.
        """
        async with store_errors():
            found: Any = await self._redis.blpop([keys.OPENED], timeout=wait_s)
        if found is None:
            return None
        project, session, round = as_text(found[1]).split("/")
        return RoundName(SessionName(project, session), int(round))


def _told(rows: Iterable[SpeculativeRow]) -> list[str | float]:
    return [part for row in rows for part in (row.digest, row_to_json(row), row.place)]


def _digest(request: ProposalRequest) -> str:
    return hashlib.sha256(f"{ENGINE_VERSION} {request!r}".encode()).hexdigest()


def _proposal_of(document: bytes | str) -> Proposal:
    """Return a kept proposal; JSON writes floats so that they read back bit for bit."""
    found = json.loads(document)
    candidates = tuple(
        ProposedCandidate(
            **{**one, "warp": tuple(one["warp"]), "role": Role(one["role"])}
        )
        for one in found.pop("candidates")
    )
    return Proposal(candidates, **found)
