"""Guidance distillation (Meng et al., 2023) of a UNet into a low-rank change.

The teacher is the model with its guidance: two predictions per row. The student is the
same model with a trainable change and one prediction per row, which has to be the
teacher's guided one. Errors count by how far they move the latents: guidance does most
of its work in the first steps, while the plain error is largest in the very first one.
"""

from __future__ import annotations

import copy
import logging
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.amp.autocast_mode import autocast
from torch.nn.attention import SDPBackend, sdpa_kernel

from multibo.render.architectures.port import Architecture
from multibo.render.training.flight import Departures, RowInFlight, course_of
from multibo.render.training.layers import Average, attach, trained
from multibo.warp.install import warped
from multibo.warp.parametrization import WarpFamily, plan
from multibo.warp.transform import WarpPlan

logger = logging.getLogger(__name__)

_OWN_AFTER: Final = 0.03
"""Part of the run after which the student drives rows."""
_MEMORY: Final = 0.995
_REPORT_EVERY: Final = 100
_GRADIENT_NORM: Final = 1.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a delta is trained; the run ends at whichever limit it meets first."""

    guidance: float
    denoising_steps: int
    side_px: int
    """Of the square pictures."""
    n_rows: int = 8
    rank: int = 24
    learning_rate: float = 1e-3
    """The peak; a cosine takes it down to 3 % of itself."""
    warm_up_steps: int = 60
    own_share: float = 0.6
    """Share of the rows that the student drives."""
    limit_s: float = 1500.0
    n_steps: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Question:
    """What both models are asked: rows, each at its step."""

    latents: Tensor
    timesteps: Tensor
    states: Tensor
    empty: Tensor
    """The states of the empty negative prompt, one line per row."""
    warp: WarpPlan
    """For the rows twice, as the teacher takes them."""
    warp_once: WarpPlan


def distill(
    teacher: Architecture,
    family: WarpFamily,
    prompts: Sequence[Tensor],
    recipe: Recipe,
    *,
    seed: int,
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return the change of weights that stands for guidance, up and down per layer.

    Args:
        teacher: a UNet; used as it is, in its own number format.
        family: the warps that the student has to stand.
        prompts: `t x c` states each.
        recipe: sizes and limits.
        seed: decides rows and start weights.

    Raises:
        ValueError: if there is no recipe for the model's scheduler.
    """
    torch.manual_seed(seed)
    source = random.Random(seed)
    student = copy.copy(teacher)
    student.denoiser = copy.deepcopy(teacher.denoiser)
    layers = attach(student.denoiser, recipe.rank)
    average = Average(layers)
    weights = trained(layers.values())
    optimizer = torch.optim.AdamW(weights, betas=(0.9, 0.99), weight_decay=0.0)
    flight = _Flight(teacher, family, prompts, recipe, source)
    started, step, done = time.monotonic(), 0, 0.0
    with warped(teacher.denoiser, family), warped(student.denoiser, family):
        while done < 1:
            for group in optimizer.param_groups:
                group["lr"] = _learning_rate(recipe, step, done)
            loss = flight.advance(student, weights, optimizer, done)
            average.update(min(_MEMORY, 1 - 1 / (step + 10)))
            step += 1
            elapsed = (time.monotonic() - started) / recipe.limit_s
            done = max(elapsed, step / recipe.n_steps)
            if step % _REPORT_EVERY == 0 or done >= 1:
                logger.info("step", extra={"step": step, "loss": round(loss, 4)})
    return average.factors()


class _Flight:
    """The batch under way, and what the teacher says to it."""

    def __init__(
        self,
        teacher: Architecture,
        family: WarpFamily,
        prompts: Sequence[Tensor],
        recipe: Recipe,
        source: random.Random,
    ) -> None:
        self._teacher = teacher
        self._family = family
        self._recipe = recipe
        shape = teacher.noise_shape(recipe.side_px, recipe.side_px)
        self._departures = Departures(prompts, shape, family.space.dimension, source)
        self._course = course_of(teacher, recipe.denoising_steps)
        self._empty = teacher.encode("").tensors["states"]
        self._rows = [self._departures.start(0.0) for _ in range(recipe.n_rows)]
        self._grids = teacher.grids(*shape[1:])
        # Apart from each other, so that every batch has rows early and late.
        for place, row in enumerate(self._rows):
            row.step = place * recipe.denoising_steps // recipe.n_rows

    def advance(
        self,
        student: Architecture,
        weights: Sequence[nn.Parameter],
        optimizer: torch.optim.Optimizer,
        done: float,
    ) -> float:
        """Learn from the present batch, take each row a step on, return the loss."""
        question = self._question()
        wanted = _guided(self._teacher, question, self._recipe.guidance)
        said = _said(student, question)
        error = (said - wanted).square().mean(dim=(1, 2, 3))
        at = torch.tensor([row.step for row in self._rows])
        loss = (error * self._course.weights[at]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, _GRADIENT_NORM)
        optimizer.step()
        own_share = self._recipe.own_share if done > _OWN_AFTER else 0.0
        self._rows = [
            self._moved(row, own if row.is_own else told, own_share)
            for row, own, told in zip(self._rows, said.detach(), wanted, strict=True)
        ]
        return float(loss.detach())

    def _moved(
        self, row: RowInFlight, velocity: Tensor, own_share: float
    ) -> RowInFlight:
        row.latents = self._course.advanced(row.latents, velocity, row.step)
        row.step += 1
        if self._departures.has_ended(row, self._recipe.denoising_steps):
            return self._departures.start(own_share)
        return row

    def _question(self) -> _Question:
        n_steps = self._recipe.denoising_steps
        vectors = [
            row.vector
            if row.step / n_steps < row.window_end
            else (0.0,) * len(row.vector)
            for row in self._rows
        ]
        warps = [
            plan(self._family, vectors, self._grids, n_copies=copies)
            for copies in (2, 1)
        ]
        states = torch.stack([row.prompt for row in self._rows])
        return _Question(
            torch.stack([row.latents for row in self._rows]),
            self._course.timesteps[[row.step for row in self._rows]],
            states,
            self._empty.expand_as(states),
            *warps,
        )


def _guided(teacher: Architecture, question: _Question, guidance: float) -> Tensor:
    latents = question.latents.to(teacher.dtype)
    with torch.no_grad():
        both = teacher.predict(
            torch.cat([latents, latents]),
            torch.cat([question.timesteps, question.timesteps]),
            {"states": torch.cat([question.empty, question.states])},
            question.warp,
        )
    negative, positive = both.float().chunk(2)
    return negative + guidance * (positive - negative)


def _said(student: Architecture, question: _Question) -> Tensor:
    # The backward pass of the fused attention is the slower one on a CPU.
    with autocast("cpu", dtype=torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        said = student.predict(
            question.latents.to(student.dtype),
            question.timesteps,
            {"states": question.states},
            question.warp_once,
        )
    return said.float()


def _learning_rate(recipe: Recipe, step: int, done: float) -> float:
    cosine = 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    warm = min(1.0, (step + 1) / recipe.warm_up_steps)
    return recipe.learning_rate * warm * (cosine * 0.97 + 0.03)
