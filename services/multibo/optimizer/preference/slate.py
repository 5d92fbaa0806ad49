"""What the engine is asked and what it answers: plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from multibo.optimizer.preference.dataset import (
    Answer,
    check_answer,
    check_warps,
)
from multibo.optimizer.preference.errors import InvalidRequestError

ENGINE_VERSION: Final = "portfolio@2"
"""Changes whenever the same history would give another slate."""


class Role(StrEnum):
    """Why a candidate is in the slate."""

    INITIAL = "INITIAL"
    """A Sobol point, before the model decides."""
    ANCHOR = "ANCHOR"
    """What the person can keep: the incumbent, or the identity before feedback."""
    EXPLOIT = "EXPLOIT"
    """Expected to be liked at least as much as the anchor."""
    EXPLORE = "EXPLORE"
    """Expected to be liked less, but uncertain enough to be worth a look."""
    DIVERSE = "DIVERSE"
    """Far from all shown; fills a slot the acquisition left empty."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the engine; switched off one by one to see what each is worth."""

    target: bool = True
    """Whether target search is one of the models."""
    choice_gp: bool = True
    """Whether the choice GP is asked. If not, target search fills all slots."""
    noise_aware: bool = True
    """Whether slates are tight for a person who hardly errs, and spread otherwise."""


ALL_PARTS: Final = Parts()


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """Everything a proposal is a function of."""

    dimension: int
    k: int
    """Slate size, two or more."""
    seed: int
    """From the digest of spec and history; >= 0."""
    history: tuple[Answer, ...] = ()
    anchor: bool = True
    n_initial: int = 2
    """Rounds of Sobol points before the model proposes."""
    prior: tuple[float, ...] = ()
    """What an earlier session taught, as `prior_of` returned it; empty for none."""
    avoid: tuple[tuple[int, ...], ...] = ()
    """Warp vectors passed over for variety: the slate keeps far from them. They
    teach the model nothing."""
    parts: Parts = ALL_PARTS
    """Of the engine that are on."""


@dataclass(frozen=True, slots=True)
class ProposedCandidate:
    """One warp vector and what the model thinks of it."""

    warp: tuple[int, ...]
    """Quantized, in units of 1/4096."""
    role: Role
    utility_mean: float
    """Posterior mean, in logits; 0 without a model."""
    utility_sd: float
    win_probability: float
    """Probability that this one is chosen; sums to 1 over what is shown."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The next slate, in slot order."""

    candidates: tuple[ProposedCandidate, ...]
    degraded: str = ""
    """Reason, when the slate is a fallback."""
    engine_version: str = ENGINE_VERSION


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The answer of a session so far; win probabilities are against each other."""

    shown: ProposedCandidate
    """The incumbent."""
    predicted: ProposedCandidate
    """The posterior mean's maximizer over the box; maybe never shown."""
    degraded: str = ""
    """Reason, when the model was not asked."""
    engine_version: str = ENGINE_VERSION


def check_request(request: ProposalRequest) -> None:
    """Refuse a request no slate can answer.

    Args:
        request: what is asked.

    Raises:
        InvalidRequestError: if it, or its history, is not legal.
    """
    if request.k < 2:
        raise InvalidRequestError(f"a slate has two or more slots, got {request.k}")
    if request.seed < 0 or request.n_initial < 0:
        raise InvalidRequestError("the seed and n_initial are not negative")
    check_history(request.dimension, request.history)
    check_prior(request.dimension, request.prior)
    check_warps(request.dimension, request.avoid)


def check_history(dimension: int, history: tuple[Answer, ...]) -> None:
    """Refuse a history that is not legal.

    Args:
        dimension: `d`, length of every warp vector; one or more.
        history: judged slates.

    Raises:
        InvalidRequestError: if it is not legal.
    """
    if dimension < 1:
        raise InvalidRequestError(f"the warp space has {dimension} dimensions")
    for answer in history:
        check_answer(dimension, answer)


def check_prior(dimension: int, prior: tuple[float, ...]) -> None:
    """Refuse what is no warm start of this warp space.

    Args:
        dimension: `d`.
        prior: `d + 1` finite numbers, or none.

    Raises:
        InvalidRequestError: if it is neither.
    """
    if prior and len(prior) != dimension + 1:
        raise InvalidRequestError(
            f"a warm start has {len(prior)} numbers, expected {dimension + 1}"
        )
    if not all(map(math.isfinite, prior)):
        raise InvalidRequestError("a warm start is made of finite numbers")
