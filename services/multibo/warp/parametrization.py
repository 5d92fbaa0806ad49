"""From a warp vector to what it does to the attention of a batch.

A vector gives a field of displacements, which `constraint` makes a contraction, and in
some families a modulation of the attention itself. The fields are those of
`parametrization_flow` and `parametrization_afftps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from multibo.warp.constraint import contraction
from multibo.warp.modulation import (
    N_COORDINATES,
    Modulation,
    assert_amplitudes,
    modulation,
)
from multibo.warp.parametrization_afftps import afftps_field
from multibo.warp.parametrization_flow import flow_field
from multibo.warp.space import WarpSpace
from multibo.warp.transform import WarpPlan, plan_grid

BOUND_GRID: Final = 65
"""Points per side where the gradient is bounded. Between two of them a mode of three
half waves rises by (3 pi / 64)^2 / 8 = .3 %, which rho = .7 leaves room for."""


@dataclass(frozen=True, slots=True)
class WarpFamily:
    """A warp family as calibrated for one model."""

    space: WarpSpace
    window: tuple[float, float]
    """First and last part of the denoising steps it acts in, within `[0, 1]`."""
    blocks: tuple[str, ...]
    """Where it acts: a subset of down, mid, up."""
    amplitudes: tuple[float, ...]
    """What a coordinate of 1 stands for, one per axis: of a flow the largest
    displacement, in image widths, before the contraction; of the others as their
    modules say."""
    modulation_window: tuple[float, float] | None = None
    """The window of the modulation; that of the displacements by default."""
    halves: str = "both"
    """Which predictions of classifier-free guidance are warped: both, or `prompt`, that
    for the prompt alone. Guidance amplifies the latter, and the bounds do not hold."""

    def __post_init__(self) -> None:
        if len(self.amplitudes) != self.space.dimension:
            raise ValueError(
                f"{self.space.name} has {self.space.dimension} axes, "
                f"got {len(self.amplitudes)} amplitudes"
            )
        if self.n_modulation:
            assert_amplitudes(self.amplitudes[-self.n_modulation :])

    @property
    def moves_positions(self) -> bool:
        """Whether keys keep what they say and move: rotary positions alone can."""
        return self.space.name in _OF_POSITIONS

    @property
    def n_modulation(self) -> int:
        """Number of the last coordinates, which modulate instead of displacing."""
        return N_COORDINATES if self.space.name in _MODULATED else 0

    def displaces_at(self, step: int, n_steps: int) -> bool:
        """Return whether the displacements act at a denoising step.

        Args:
            step: index of the step, from 0.
            n_steps: number of steps of the render.
        """
        return bool(self.space.dimension) and _within(self.window, step, n_steps)

    def modulates_at(self, step: int, n_steps: int) -> bool:
        """Return whether the modulation acts at a denoising step.

        Args:
            step: index of the step, from 0.
            n_steps: number of steps of the render.
        """
        window = self.modulation_window or self.window
        return bool(self.n_modulation) and _within(window, step, n_steps)

    def acts_at(self, step: int, n_steps: int) -> bool:
        """Return whether anything of the warp acts at a denoising step.

        Args:
            step: index of the step, from 0.
            n_steps: number of steps of the render.
        """
        displaces = self.displaces_at(step, n_steps)
        return displaces or self.modulates_at(step, n_steps)


def _within(window: tuple[float, float], step: int, n_steps: int) -> bool:
    return window[0] <= step / n_steps < window[1]


def at_step(
    family: WarpFamily, warp: WarpPlan | None, step: int, n_steps: int
) -> WarpPlan | None:
    """Return the part of a plan that acts at a denoising step; None if none does.

    Args:
        family: whose windows count.
        warp: the plan of the batch.
        step: index of the step, from 0.
        n_steps: number of steps of the render.
    """
    if warp is None or not family.acts_at(step, n_steps):
        return None
    return WarpPlan(
        grids=warp.grids if family.displaces_at(step, n_steps) else {},
        modulation=warp.modulation if family.modulates_at(step, n_steps) else None,
        of_positions=warp.of_positions,
    )


class Field(Protocol):
    """A field of displacements of contents, zero on the border of the unit square."""

    def scaled(self, factor: Tensor) -> Field:
        """Return the field times a number."""
        ...

    def values(self, y: Tensor, x: Tensor) -> Tensor:
        """Return `h x w x 2` displacements at `h` places down, `w` across."""
        ...

    def gradient(self, n_points: int) -> Tensor:
        """Return `n x n x 2 x 2` derivatives on a grid that spans the square."""
        ...


def bounded_field(family: WarpFamily, vector: Tensor) -> Field:
    """Return where a vector moves the contents, made a contraction.

    Args:
        family: which warps, and how strong.
        vector: `d` coordinates in `[-1, 1]`, float64.
    """
    field = _field(family, vector)
    return field.scaled(contraction(field.gradient(BOUND_GRID)))


def displacement(family: WarpFamily, vector: Tensor, height: int, width: int) -> Tensor:
    """Return where each pixel center reads from, relative to itself.

    Contents move against the displacement of the reading place, hence the sign.

    Args:
        family: which warps, and how strong.
        vector: `d` coordinates in `[-1, 1]`, float64.
        height: pixels of the grid.
        width: pixels of the grid.

    Returns:
        `h x w x 2` displacements (x, y) in units of the grid's width and height.
    """
    return -bounded_field(family, vector).values(_centers(height), _centers(width))


def displacement_gradient(family: WarpFamily, vector: Tensor, n_points: int) -> Tensor:
    """Return the gradient of the displacement on a grid that spans the square.

    Args:
        family: which warps, and how strong.
        vector: `d` coordinates in `[-1, 1]`, float64.
        n_points: points per side, the border included.

    Returns:
        `n x n x 2 x 2`: derivative of component i along direction j at `[..., i, j]`.
    """
    return -bounded_field(family, vector).gradient(n_points)


def plan(
    family: WarpFamily,
    vectors: Sequence[Sequence[float]],
    grids: Sequence[tuple[int, int]],
    *,
    n_copies: int = 1,
    device: torch.device | None = None,
) -> WarpPlan:
    """Return the reading plan of a batch.

    Rows are computed one by one, so that no row's bits can depend on its neighbors.

    Args:
        family: which warps, and how strong.
        vectors: `b` warp vectors of `d` coordinates in `[-1, 1]`.
        grids: height and width of each grid of tokens in the model.
        n_copies: how often the batch is repeated: 2 with classifier-free guidance,
            where both halves are warped alike.
        device: where the plan is needed; default the CPU.
    """
    rows = [torch.as_tensor(vector, dtype=torch.float64) for vector in vectors]
    plans = {}
    for height, width in grids:
        fields = torch.stack([displacement(family, row, height, width) for row in rows])
        tiled = fields.repeat(n_copies, 1, 1, 1).to(device, torch.float32)
        plans[height * width] = plan_grid(tiled)
    changed = _modulation(family, rows, n_copies, device)
    return WarpPlan(plans, changed, of_positions=family.moves_positions)


def _field(family: WarpFamily, vector: Tensor) -> Field:
    n_moves = family.space.dimension - family.n_modulation
    moves, amplitudes = vector[:n_moves], family.amplitudes[:n_moves]
    if family.space.name == "afftps-24@1":
        return afftps_field(moves, amplitudes)
    name = family.space.name
    flow = _MODULATED.get(name) or _OF_POSITIONS.get(name) or name
    return flow_field(flow, moves, amplitudes)


def _modulation(
    family: WarpFamily,
    rows: Sequence[Tensor],
    n_copies: int,
    device: torch.device | None,
) -> Modulation | None:
    n_last = family.n_modulation
    if not n_last:
        return None
    amplitudes = torch.tensor(family.amplitudes[-n_last:], dtype=torch.float64)
    scaled = torch.stack([row[-n_last:] * amplitudes for row in rows])
    return modulation(scaled.repeat(n_copies, 1), device)


def _centers(n_pixels: int) -> Tensor:
    return (torch.arange(n_pixels, dtype=torch.float64) + 0.5) / n_pixels


_MODULATED: Final = {"mw-26@1": "flow-16@1"}
"""Families with a modulation behind the coordinates of a flow family."""
_OF_POSITIONS: Final = {"rope-16@1": "flow-16@1"}
"""Families that move the positions of the keys along the field of a flow family."""
