"""A model that learned its own guidance: one prediction instead of two per step.

Guidance asks the model twice per step, with the prompt and with the negative prompt,
and extrapolates. A delta (`low_rank`) trained to give the extrapolated prediction at
once (Meng et al., 2023) halves the work. It holds for one guidance and for the empty
negative prompt; every other row goes through the stock weights.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec
from multibo.render.architectures.port import Architecture, Inputs
from multibo.render.embeddings import TextEmbedding
from multibo.render.low_rank import LowRankDelta, add_delta, read_delta
from multibo.warp.transform import WarpPlan


class Distilled:
    """An architecture whose denoiser predicts what guidance makes of the stock one.

    Everything but the denoiser is shared with the stock model.
    """

    def __init__(
        self, stock: Architecture, delta: LowRankDelta, *, guidance: float
    ) -> None:
        """Copy the stock denoiser and change the copy.

        Args:
            stock: the model as loaded.
            delta: what its denoiser's weights change by.
            guidance: the one that the delta stands for.

        Raises:
            DeltaUnusableError: if the delta does not fit the denoiser.
        """
        denoiser: nn.Module = copy.deepcopy(stock.denoiser)
        add_delta(denoiser, delta)
        # A sixth faster in float32. The stock denoiser stays as it is: it owes the
        # bits of the stock pipeline.
        denoiser.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._twin = copy.copy(stock)
        self._twin.denoiser = denoiser
        self.guidance = guidance
        self.tag = f"guidance-{delta.digest[:12]}"
        """The part of the numerics tag that the delta decides."""
        self.name = stock.name
        self.denoiser = denoiser
        self.vae: Any = stock.vae
        self.scheduler: Any = stock.scheduler
        self.dtype: torch.dtype = stock.dtype
        self.device: torch.device = stock.device
        self.scale_px = stock.scale_px
        self.max_tokens = stock.max_tokens

    def serves(self, spec: RenderSpec) -> bool:
        """Return whether the delta holds for a row.

        Args:
            spec: of the row.
        """
        return spec.guidance == self.guidance and not spec.negative_prompt

    def weights(self) -> list[nn.Module]:
        """Return every module that takes memory, the stock denoiser included."""
        return [*self._twin.weights(), self.denoiser]

    def encode(self, text: str) -> TextEmbedding:
        """Return the embedding of a text; see `Architecture.encode`."""
        return self._twin.encode(text)

    def noise_shape(self, height_px: int, width_px: int) -> tuple[int, int, int]:
        """Return the latents' shape; see `Architecture.noise_shape`."""
        return self._twin.noise_shape(height_px, width_px)

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the token grids; see `Architecture.grids`."""
        return self._twin.grids(height, width)

    def start_scheduler(self, n_steps: int, grid: tuple[int, int]) -> Any:
        """Return a scheduler for one batch; see `Architecture.start_scheduler`."""
        return self._twin.start_scheduler(n_steps, grid)

    def is_guided(self, spec: RenderSpec) -> bool:  # noqa: ARG002 - never
        """Return False: the guidance is in the weights."""
        return False

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:
        """Return what the model reads of the specs; see `Architecture.extras`."""
        return self._twin.extras(specs)

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the guided prediction; see `Architecture.predict`."""
        return self._twin.predict(latents, timestep, inputs, warp)

    def decode(self, latents: Tensor) -> Tensor:
        """Return the decoder's output; see `Architecture.decode`."""
        return self._twin.decode(latents)


def load_distilled(model: ModelSpec, stock: Architecture) -> Distilled | None:
    """Return the distilled twin of a model; None if it has no delta.

    Args:
        model: the catalog's entry.
        stock: the same model, loaded.

    Raises:
        DeltaUnusableError: if the delta is missing or does not fit the model.
    """
    if model.guidance_delta is None:
        return None
    delta = read_delta(model.guidance_delta.path)
    return Distilled(stock, delta, guidance=model.guidance_delta.guidance)
