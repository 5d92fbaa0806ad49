"""How far a search would come that knew everything but the target.

No rival: it is told the random network of a warp-like problem, which maps points of the
box to pictures, and has only the target and the person's noise to find. Its premise is
exactly true. What it reaches with the slates everybody shows (the best so far and three
others) bounds what can be hoped for from a better model of how pictures differ.

Draws of target and noise come from Hamiltonian Monte Carlo (Neal, 2011); slates, as
those of target search, maximize what the answer tells about the draws.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor

from multibo.evaluation.preferences.people import K
from multibo.evaluation.preferences.rival import History, Recommended, Slate
from multibo.evaluation.problems import Network
from multibo.optimizer.preference.dataset import quantized_warp, unit_points

_N_CHAINS: Final = 192
_N_TRAJECTORIES: Final = 8
_N_LEAPS: Final = 8
_FIRST_STEP: Final = 0.1
_STEP_SPREAD: Final = 0.3
_TARGET_ACCEPTANCE: Final = 0.75
_ADAPTATION: Final = 0.2
_SQUASH: Final = 1.7
"""A standard normal times this is nearly logistic, so the target nearly uniform."""
_LOG_SHARPNESS: Final = math.log(12.0)
"""Median of the noise's inverse, in logits over the distance of two random pictures."""
_LAPSE: Final = 0.02
_STRETCHES: Final = (-2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Of drawn targets, away from their mean: where candidates are looked for."""
_N_STRETCHED: Final = 48
_N_ANYWHERE: Final = 256
_N_CLIMBS: Final = 30
_CLIMB: Final = 0.03
_N_MEAN_CLIMBS: Final = 60
_MEAN_CLIMB: Final = 0.01
_SMALLEST: Final = 1e-30


class KnownNetwork:
    """A search told the network; it lives through one history, answer by answer."""

    def __init__(self, network: Network) -> None:
        """Begin with draws of the prior.

        Args:
            network: of the problem.
        """
        self._inner, self._offset, self._outer = (
            torch.from_numpy(part)
            for part in (network.inner, network.offset, network.outer)
        )
        self._dimension = len(network.inner)
        self._generator = torch.Generator().manual_seed(0)
        self._draws = self._normal(_N_CHAINS, self._dimension + 1)
        self._step = _FIRST_STEP
        self._shown = torch.empty(0, K, self._dimension, dtype=torch.float64)
        self._chosen = torch.empty(0, dtype=torch.int64)
        pictures = self._pictures(self._uniform(256))
        self._unit = torch.cdist(pictures[:128], pictures[128:]).mean()

    def propose(self, history: History, seed: int) -> Slate:
        """Return the best so far and three others that together tell most."""
        self._learn(history, seed)
        targets = self._targets()
        center = targets.mean(dim=0)
        few = targets[:_N_STRETCHED] - center
        stretched = [(center + by * few).clamp(0.0, 1.0) for by in _STRETCHES]
        pool = torch.cat([*stretched, self._uniform(_N_ANYWHERE)])
        slate = self._filled(self._best_shown()[None], pool)
        slate = self._climbed(slate)
        return tuple(quantized_warp(point) for point in slate.numpy())

    def recommend(self, history: History, seed: int) -> Recommended:
        """Return the least expected distance in the box, and among the shown."""
        self._learn(history, seed)
        shown = self._best_shown()
        pool = torch.cat([self._targets(), shown[None]])
        best = pool[self._closeness(pool).argmax()][None].clone().requires_grad_()
        optimizer = torch.optim.Adam([best], _MEAN_CLIMB)
        for _ in range(_N_MEAN_CLIMBS):
            optimizer.zero_grad()
            (-self._closeness(best).sum()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            best.data.clamp_(0.0, 1.0)
        point = best.detach()[0]
        return Recommended(quantized_warp(point.numpy()), quantized_warp(shown.numpy()))

    def _learn(self, history: History, seed: int) -> None:
        """Move the draws, if there are answers they do not know of."""
        if len(history) == len(self._chosen):
            return
        self._generator.manual_seed(seed)
        slates = np.stack([unit_points(answer.shown) for answer in history])
        self._shown = torch.from_numpy(slates)
        self._chosen = torch.tensor([answer.judged[0] for answer in history])
        for _ in range(_N_TRAJECTORIES):
            self._trajectory()

    def _trajectory(self) -> None:
        start, (before, gradient) = self._draws, self._density(self._draws)
        spread = torch.exp(_STEP_SPREAD * self._normal(_N_CHAINS, 1))
        step = self._step * spread
        kick = self._normal(*start.shape)
        place, momentum, value = start, kick + 0.5 * step * gradient, before
        for leap in range(_N_LEAPS):
            place = place + step * momentum
            value, gradient = self._density(place)
            share = 1.0 if leap < _N_LEAPS - 1 else 0.5
            momentum = momentum + share * step * gradient
        gain = value - before + 0.5 * ((kick**2).sum(1) - (momentum**2).sum(1))
        gain = gain.nan_to_num(nan=-math.inf)
        chance = torch.rand(_N_CHAINS, generator=self._generator, dtype=torch.float64)
        self._draws = torch.where((chance.log() < gain)[:, None], place, start)
        accepted = float(gain.clamp(max=0.0).exp().mean())
        self._step *= math.exp(_ADAPTATION * (accepted - _TARGET_ACCEPTANCE))

    def _density(self, draws: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-density of `s x (d + 1)` draws, and its gradient."""
        draws = draws.detach().requires_grad_()
        flat = self._shown.reshape(-1, self._dimension)
        utility = self._utility(flat, draws).reshape(len(draws), -1, K)
        chance = torch.softmax(utility, dim=2)
        answers = torch.arange(len(self._chosen))
        won = chance[:, answers, self._chosen] * (1.0 - _LAPSE) + _LAPSE / K
        value = won.log().sum(dim=1) - 0.5 * (draws**2).sum(dim=1)
        (gradient,) = torch.autograd.grad(value.sum(), draws)
        return value.detach(), gradient

    def _utility(self, points: Tensor, draws: Tensor) -> Tensor:
        """Return the `s x a` utilities of `a x d` points, in logits."""
        sharpness = torch.exp(_LOG_SHARPNESS + draws[:, self._dimension :])
        targets = torch.sigmoid(_SQUASH * draws[:, : self._dimension])
        distance = torch.cdist(self._pictures(targets), self._pictures(points))
        return -sharpness * distance / self._unit

    def _pictures(self, points: Tensor) -> Tensor:
        hidden = torch.tanh((2.0 * points - 1.0) @ self._inner + self._offset)
        return hidden @ self._outer

    def _targets(self) -> Tensor:
        return torch.sigmoid(_SQUASH * self._draws[:, : self._dimension])

    def _closeness(self, points: Tensor) -> Tensor:
        """Return the negated expected distance of `a x d` points to the target."""
        targets = self._pictures(self._targets())
        return -torch.cdist(targets, self._pictures(points)).mean(dim=0)

    def _best_shown(self) -> Tensor:
        flat = self._shown.reshape(-1, self._dimension)
        return flat[self._closeness(flat).argmax()]

    def _filled(self, slate: Tensor, pool: Tensor) -> Tensor:
        """Return a slate filled greedily with the points of a pool that tell most."""
        values, filled = self._utility(pool, self._draws), slate
        own = self._utility(slate, self._draws)
        while len(filled) < K:
            others = own[:, None, :].expand(-1, len(pool), -1)
            told = _told(torch.cat([others, values[:, :, None]], dim=2))
            index = int(told.argmax())
            filled = torch.cat([filled, pool[index][None]])
            own = torch.cat([own, values[:, index : index + 1]], dim=1)
        return filled

    def _climbed(self, slate: Tensor) -> Tensor:
        """Return a slate whose new candidates moved to where it tells more."""
        anchor, free = slate[:1], slate[1:].clone().requires_grad_()
        optimizer = torch.optim.Adam([free], _CLIMB)
        for _ in range(_N_CLIMBS):
            optimizer.zero_grad()
            utility = self._utility(torch.cat([anchor, free]), self._draws)
            (-_told(utility[:, None, :]).sum()).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            free.data.clamp_(0.0, 1.0)
        return torch.cat([anchor, free.detach()])

    def _uniform(self, n_points: int) -> Tensor:
        shape = (n_points, self._dimension)
        return torch.rand(*shape, generator=self._generator, dtype=torch.float64)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._generator, dtype=torch.float64)


def _told(utility: Tensor) -> Tensor:
    """Return what the answers to slates tell about the draws, in nats.

    Args:
        utility: `s x n x k`, of `n` slates under `s` draws.
    """
    chance = torch.softmax(utility, dim=2)
    noise = -(chance * (chance + _SMALLEST).log()).sum(dim=2).mean(dim=0)
    mean = chance.mean(dim=0)
    surprise = -(mean * (mean + _SMALLEST).log()).sum(dim=1)
    return surprise - noise
