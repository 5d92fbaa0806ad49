"""The start noise of a row, the same in every batch and on any device.

It is the noise of the base seed, turned on its sphere toward the noise of other seeds:
a point of a great circle between two noises is as likely a noise as its ends, so that
every picture on the way is a clean one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from multibo.jobs.spec import ANGLE_QUANTUM, WHOLE, RenderSpec, Turn
from multibo.render.errors import TurnRefusedError

_INDEPENDENT: Final = 1e-3
"""Part of a direction's norm that has to be left once the others are taken out. Two
draws of 2,000 numbers share 2 % of theirs; a seed that is repeated leaves nothing."""


def start_noise(spec: RenderSpec, shape: Sequence[int]) -> Tensor:
    """Return the start noise of one row.

    Args:
        spec: its base seed and its turns decide.
        shape: channels, height and width of the latent picture.

    Returns:
        `c x h x w`, float32, on the CPU; without an angle the bits of the base seed.

    Raises:
        TurnRefusedError: if the seeds of a turn do not span a sphere with the noise.
    """
    noise = seed_noise(spec.base_seed, shape)
    turns = [turn for turn in spec.turns if any(turn.angles)]
    if not turns:
        return noise
    turned = noise.double()
    for turn in turns:
        turned = _turned(turned, turn)
    return turned.float()


def _turned(noise: Tensor, turn: Turn) -> Tensor:
    """Return cos|a| z + sin|a| sum_j a_j / |a| e_j for `c x h x w` noise z, float64.

    e_j is the noise of seed j, made orthogonal to z and to the directions before it,
    with the norm of z. All arithmetic is a row's own.
    """
    if len(turn.seeds) != len(turn.angles):
        raise TurnRefusedError("it has not as many angles as seeds")
    angles = torch.tensor(turn.angles, dtype=torch.float64) / ANGLE_QUANTUM
    angle = torch.linalg.vector_norm(angles)
    norm = torch.linalg.vector_norm(noise)
    basis = [noise / norm]
    for seed in turn.seeds:
        basis.append(_independent(seed_noise(seed, noise.shape).double(), basis))
    toward = torch.stack(basis[1:])
    if turn.parts != WHOLE:
        return _turned_in_parts(noise, norm * toward, angles, turn.parts)
    course = torch.einsum("j,jchw->chw", angles / angle, toward)
    turned: Tensor = torch.cos(angle) * noise + torch.sin(angle) * norm * course
    return turned


def _turned_in_parts(
    noise: Tensor, toward: Tensor, angles: Tensor, parts: tuple[int, int]
) -> Tensor:
    """Return the noise turned place by place, each by the angles of its parts.

    What was white stays white. The norm would change by a few percent, as the squares
    of few numbers vary; it is set back.

    Args:
        noise: `c x h x w`.
        toward: `j x c x h x w` directions, of the noise's norm.
        angles: `j`, in radians.
        parts: columns and rows.
    """
    shares = part_shares(parts, noise.shape[-2:])
    place = torch.arange(len(angles)) % len(shares)
    local = angles[:, None, None] * shares[place]
    angle = torch.linalg.vector_norm(local, dim=0)
    # Where no part acts the angle is 0, and any course will do.
    course = torch.einsum("jhw,jchw->chw", local, toward) / angle.clamp(min=1e-12)
    turned = torch.cos(angle) * noise + torch.sin(angle) * course
    norm = torch.linalg.vector_norm(noise)
    rescaled: Tensor = turned * (norm / torch.linalg.vector_norm(turned))
    return rescaled


def part_shares(parts: tuple[int, int], grid: Sequence[int]) -> Tensor:
    """Return how much of each place belongs to each part.

    Args:
        parts: columns and rows, each >= 1.
        grid: height and width of the latent picture.

    Returns:
        `p x h x w`, line by line, float64 in [0, 1]; they sum to 1 at every place.
    """
    columns, rows = parts
    across, down = _fading(columns, grid[1]), _fading(rows, grid[0])
    return torch.einsum("rh,cw->rchw", down, across).flatten(0, 1)


def _fading(n_parts: int, n_places: int) -> Tensor:
    """Return the shares of parts along one direction, `n_parts x n_places`."""
    place = (torch.arange(n_places, dtype=torch.float64) + 0.5) / n_places
    # In units of parts, from the center of the first; none begins or ends midway.
    position = (place * n_parts - 0.5).clamp(0, n_parts - 1)
    center = torch.arange(n_parts, dtype=torch.float64)
    far = (position - center[:, None]).abs().clamp(max=1)
    return torch.cos(math.pi / 2 * far).square()


def _independent(direction: Tensor, basis: Sequence[Tensor]) -> Tensor:
    """Return the unit vector of what the basis does not span of a direction."""
    length = torch.linalg.vector_norm(direction)
    rest = direction
    for _ in range(2):  # the second time takes out what rounding left
        for unit in basis:
            rest = rest - (unit * rest).sum() * unit
    left = torch.linalg.vector_norm(rest)
    if not left > _INDEPENDENT * length:
        raise TurnRefusedError("a seed repeats the noise or another direction")
    unit_rest: Tensor = rest / left
    return unit_rest


def seed_noise(seed: int, shape: Sequence[int]) -> Tensor:
    """Return the standard normal noise of one seed.

    Args:
        seed: in `[0, 2**63)`.
        shape: channels, height and width of the latent picture.

    Returns:
        `c x h x w`, float32, on the CPU.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    noise: Tensor = torch.randn((1, *shape), generator=generator)[0]
    return noise
