"""The preference engine in a process of its own, as the port `app.ports.Engine`.

A fit never delays the event loop, and whatever happens to the process costs a
degraded slate, not an outage. The child is started by `exec`, never by `fork`
alone, which gRPC does not survive, and not through `multiprocessing`, whose spawn
imports the parent's main module and leaves a resource tracker running.
"""

from __future__ import annotations

import asyncio
import logging

from multibo.optimizer.adapters.engine_supervisor import EngineSupervisor
from multibo.optimizer.adapters.engine_wire import (
    AdviceRequest,
    EngineFailure,
    MapRequest,
    PredictionRequest,
    PriorRequest,
    RecommendationRequest,
)
from multibo.optimizer.preference import engine
from multibo.optimizer.preference.advice import Advice, neutral_advice
from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.design import (
    kept_recommendation,
    needs_no_model,
    sobol_slate,
)
from multibo.optimizer.preference.prediction import (
    Prediction,
    check_slate,
    prediction_of,
)
from multibo.optimizer.preference.preference_map import (
    PreferenceMap,
    check_axes,
    flat_map,
)
from multibo.optimizer.preference.slate import (
    Proposal,
    ProposalRequest,
    Recommendation,
    check_history,
    check_prior,
    check_request,
)

logger = logging.getLogger(__name__)


class EngineProcess(EngineSupervisor):
    """One engine process, restarted when it dies; answers even while it is away."""

    async def propose(self, request: ProposalRequest, *, timeout_s: float) -> Proposal:
        """Return the next slate; a degraded one rather than an error.

        Args:
            request: what is asked.
            timeout_s: the longest wait for the child.

        Raises:
            InvalidRequestError: if the request is not legal.
        """
        check_request(request)
        if needs_no_model(request):
            # The child's answer to the bit, and a millisecond's work: whoever begins
            # need not wait for the fits of others.
            return sobol_slate(request)
        reply = await self.ask(request, timeout_s)
        if isinstance(reply, Proposal):
            return reply
        return sobol_slate(request, degraded=_reason(reply))

    async def recommend(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Recommendation:
        """Return the incumbent and the predicted maximizer; degraded if need be.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first.
            prior: a warm start; empty for none.
            timeout_s: the longest wait for the child.

        Raises:
            InvalidRequestError: if the history or the prior is not legal.
        """
        _check(dimension, history, prior)
        request = RecommendationRequest(dimension, history, prior)
        reply = await self.ask(request, timeout_s)
        if isinstance(reply, Recommendation):
            return reply
        return kept_recommendation(dimension, history, degraded=_reason(reply))

    async def prior_of(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> tuple[float, ...]:
        """Return what a history says about the person, for a warm start.

        It is stored for good, so there is no degraded one: without the child it is
        computed in a thread.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first.
            prior: the warm start this history began with; empty for none.
            timeout_s: the longest wait for the child.

        Raises:
            InvalidRequestError: if the history or the prior is not legal.
        """
        _check(dimension, history, prior)
        reply = await self.ask(PriorRequest(dimension, history, prior), timeout_s)
        if isinstance(reply, tuple):
            return reply
        logger.warning("prior computed in a thread", extra={"reason": _reason(reply)})
        return await asyncio.to_thread(engine.prior_of, dimension, history, prior)

    async def advise(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Advice:
        """Return whether going on is worth it; degraded, it is.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first.
            prior: a warm start; empty for none.
            timeout_s: the longest wait for the child.

        Raises:
            InvalidRequestError: if the history or the prior is not legal.
        """
        _check(dimension, history, prior)
        reply = await self.ask(AdviceRequest(dimension, history, prior), timeout_s)
        if isinstance(reply, Advice):
            return reply
        return neutral_advice(degraded=_reason(reply))

    async def predict(
        self,
        dimension: int,
        k: int,
        history: tuple[Answer, ...],
        slate_warps: tuple[tuple[int, ...], ...],
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> Prediction:
        """Return what the person will answer; degraded, all are equally likely.

        Args:
            dimension: `d`, length of every warp vector.
            k: slate size of the session.
            history: the answers before, oldest first.
            slate_warps: what is shown, in slot order.
            prior: a warm start; empty for none.
            timeout_s: the longest wait for the child.

        Raises:
            InvalidRequestError: if an argument is not legal.
        """
        check_slate(dimension, k, slate_warps)
        _check(dimension, history, prior)
        request = PredictionRequest(dimension, k, history, slate_warps, prior)
        reply = await self.ask(request, timeout_s)
        if isinstance(reply, Prediction):
            return reply
        return prediction_of(None, k, slate_warps, (), degraded=_reason(reply))

    async def preference_map(
        self,
        dimension: int,
        history: tuple[Answer, ...],
        x_axis: int | None = None,
        y_axis: int | None = None,
        prior: tuple[float, ...] = (),
        *,
        timeout_s: float,
    ) -> PreferenceMap:
        """Return what was learned; degraded, that is nothing.

        Args:
            dimension: `d`, length of every warp vector.
            history: judged slates, oldest first.
            x_axis: of the slice; None for the most important one.
            y_axis: of the slice; None for the most important other one.
            prior: a warm start; empty for none.
            timeout_s: the longest wait for the child.

        Raises:
            InvalidRequestError: if an argument is not legal.
        """
        check_axes(dimension, x_axis, y_axis)
        _check(dimension, history, prior)
        request = MapRequest(dimension, history, x_axis, y_axis, prior)
        reply = await self.ask(request, timeout_s)
        if isinstance(reply, PreferenceMap):
            return reply
        reason = _reason(reply)
        return flat_map(dimension, history, x_axis, y_axis, degraded=reason)


def _check(
    dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...]
) -> None:
    check_history(dimension, history)
    check_prior(dimension, prior)


def _reason(reply: object) -> str:
    if isinstance(reply, EngineFailure):
        return reply.reason
    return f"an answer of type {type(reply).__name__} came back"
