"""The preference engine's facade: pure functions of histories, none of which fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

from multibo.optimizer.preference.advice import Advice, advice_of, neutral_advice
from multibo.optimizer.preference.dataset import Answer
from multibo.optimizer.preference.design import (
    kept_recommendation,
    needs_no_model,
    sobol_slate,
)
from multibo.optimizer.preference.errors import FitFailedError, OutOfTimeError
from multibo.optimizer.preference.fitting import Fit, fit
from multibo.optimizer.preference.portfolio import Portfolio
from multibo.optimizer.preference.prediction import (
    Prediction,
    check_slate,
    prediction_of,
)
from multibo.optimizer.preference.preference_map import (
    PreferenceMap,
    check_axes,
    flat_map,
    map_of,
)
from multibo.optimizer.preference.prior import parameters_of
from multibo.optimizer.preference.proposal import propose_slate
from multibo.optimizer.preference.recommendation import recommendation_of
from multibo.optimizer.preference.replay import Replay, replay, trace_point
from multibo.optimizer.preference.slate import (
    ALL_PARTS,
    ENGINE_VERSION,
    Parts,
    Proposal,
    ProposalRequest,
    ProposedCandidate,
    Recommendation,
    Role,
    check_history,
    check_prior,
    check_request,
)

__all__ = [
    "ENGINE_VERSION",
    "Advice",
    "Parts",
    "Prediction",
    "PreferenceMap",
    "Proposal",
    "ProposalRequest",
    "ProposedCandidate",
    "Recommendation",
    "Role",
    "advise",
    "predict",
    "preference_map",
    "prior_of",
    "propose",
    "recommend",
]


class Live(Protocol):
    """A pure function, so that what it returns may be kept."""

    def __call__(
        self, dimension: int, history: tuple[Answer, ...], prior: tuple[float, ...], /
    ) -> Replay:
        """Return a history lived through again."""
        ...


logger = logging.getLogger(__name__)


def propose(request: ProposalRequest, *, fit: Fit = fit) -> Proposal:
    """Return the next slate: a function of the request and nothing else.

    Args:
        request: what is asked.
        fit: how what a history says is come by.

    Returns:
        `k` pairwise distinct candidates; `degraded` Sobol points if the model
        fails.

    Raises:
        InvalidRequestError: if the request is not legal.
    """
    check_request(request)
    if needs_no_model(request):
        return sobol_slate(request)
    try:
        portfolio, degraded = _learned(
            fit, request.dimension, request.history, request.prior, request.parts
        )
        return replace(propose_slate(portfolio, request), degraded=degraded)
    except FitFailedError as error:
        return sobol_slate(request, degraded=_reason(error))


def recommend(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...] = (),
    *,
    parts: Parts = ALL_PARTS,
    fit: Fit = fit,
) -> Recommendation:
    """Return the incumbent and the predicted maximizer.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first.
        prior: a warm start; empty for none.
        parts: of the engine that are on.
        fit: how what a history says is come by.

    Raises:
        InvalidRequestError: if the history or the prior is not legal.
    """
    check_history(dimension, history)
    check_prior(dimension, prior)
    if not history:
        return kept_recommendation(dimension, history)
    try:
        portfolio, degraded = _learned(fit, dimension, history, prior, parts)
        return replace(recommendation_of(portfolio, history), degraded=degraded)
    except FitFailedError as error:
        return kept_recommendation(dimension, history, degraded=_reason(error))


def prior_of(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...] = (),
    *,
    fit: Fit = fit,
) -> tuple[float, ...]:
    """Return what a history says about the person, for a warm start elsewhere.

    Which axes matter and how decisive the answers are, not which image it is.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first.
        prior: the warm start this history itself began with; empty for none.
        fit: how what a history says is come by.

    Returns:
        `d + 1` numbers; `prior` if the history says nothing.

    Raises:
        InvalidRequestError: if the history or the prior is not legal.
    """
    check_history(dimension, history)
    check_prior(dimension, prior)
    if not history:
        return prior
    try:
        # Without target search: time never runs out, and the kernel is of all answers.
        portfolio = fit(dimension, history, prior, Parts(target=False))
        return parameters_of(portfolio.gp.prior)
    except FitFailedError as error:
        _reason(error)
        return prior


def advise(
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...] = (),
    *,
    fit: Fit = fit,
) -> Advice:
    """Return whether going on is worth it, in words.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first.
        prior: a warm start; empty for none.
        fit: how what a history says is come by.

    Raises:
        InvalidRequestError: if the history or the prior is not legal.
    """
    check_history(dimension, history)
    check_prior(dimension, prior)
    if not history:
        return neutral_advice()
    try:
        portfolio, degraded = _learned(fit, dimension, history, prior)
        return replace(advice_of(portfolio, dimension, history), degraded=degraded)
    except FitFailedError as error:
        return neutral_advice(degraded=_reason(error))


def predict(
    dimension: int,
    k: int,
    history: tuple[Answer, ...],
    slate_warps: tuple[tuple[int, ...], ...],
    prior: tuple[float, ...] = (),
    *,
    fit: Fit = fit,
    replay: Live = replay,
) -> Prediction:
    """Return what the person will answer, and how good such predictions have been.

    Args:
        dimension: `d`, length of every warp vector.
        k: slate size of the session, for the log-loss of knowing nothing.
        history: the answers before, oldest first.
        slate_warps: what is shown, in slot order; one warp vector or more.
        prior: a warm start; empty for none.
        fit: how what a history says is come by.
        replay: how the answers are lived through again.

    Raises:
        InvalidRequestError: if an argument is not legal.
    """
    check_slate(dimension, k, slate_warps)
    check_history(dimension, history)
    check_prior(dimension, prior)
    losses = replay(dimension, history, prior).log_losses
    try:
        if not history:
            return prediction_of(None, k, slate_warps, losses)
        portfolio, degraded = _learned(fit, dimension, history, prior)
        return prediction_of(portfolio, k, slate_warps, losses, degraded=degraded)
    except FitFailedError as error:
        reason = _reason(error)
        return prediction_of(None, k, slate_warps, losses, degraded=reason)


def preference_map(
    dimension: int,
    history: tuple[Answer, ...],
    x_axis: int | None = None,
    y_axis: int | None = None,
    prior: tuple[float, ...] = (),
    *,
    fit: Fit = fit,
    replay: Live = replay,
) -> PreferenceMap:
    """Return what was learned, as plain values to draw.

    Args:
        dimension: `d`, length of every warp vector.
        history: judged slates, oldest first.
        x_axis: of the slice; None for the most important one.
        y_axis: of the slice; None for the most important other one.
        prior: a warm start; empty for none.
        fit: how what a history says is come by.
        replay: how the answers are lived through again.

    Raises:
        InvalidRequestError: if an argument is not legal.
    """
    check_axes(dimension, x_axis, y_axis)
    check_history(dimension, history)
    check_prior(dimension, prior)
    if not history:
        return flat_map(dimension, history, x_axis, y_axis)
    before = replay(dimension, history[:-1], prior).trace
    try:
        portfolio, degraded = _learned(fit, dimension, history, prior)
        # The last point is today's; those before are what was known then.
        trace = (*before, trace_point(portfolio, history))
        learned = map_of(portfolio, trace, x_axis, y_axis)
        return replace(learned, degraded=degraded)
    except FitFailedError as error:
        return flat_map(dimension, history, x_axis, y_axis, degraded=_reason(error))


def _learned(
    fit: Fit,
    dimension: int,
    history: tuple[Answer, ...],
    prior: tuple[float, ...],
    parts: Parts = ALL_PARTS,
) -> tuple[Portfolio, str]:
    """Return what a history says, and why if it is less than all models say."""
    try:
        return fit(dimension, history, prior, parts), ""
    except OutOfTimeError as error:
        logger.warning("out of time", extra={"reason": str(error)})
        alone = replace(parts, target=False, choice_gp=True)
        return fit(dimension, history, prior, alone), f"out of time: {error}"


def _reason(error: FitFailedError) -> str:
    logger.warning("fit failed", extra={"reason": str(error)})
    return f"the preference model failed: {error}"
