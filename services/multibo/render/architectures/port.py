"""What the denoising loop needs of a kind of model: one adapter each.

Latents are `b x c x h x w` outside an adapter, whatever the model makes of them inside.
Every operation of an adapter is the one its stock pipeline performs, in the same order,
so that the identity warp gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from multibo.jobs.spec import RenderSpec
from multibo.render.embeddings import TextEmbedding
from multibo.warp.transform import WarpPlan

Inputs: TypeAlias = Mapping[str, Tensor]
"""What the model reads beside latents and time, by name; one line per row."""


class Architecture(Protocol):
    """A loaded model of one kind, its attention processors the stock ones."""

    name: str
    """As the catalog calls it."""
    denoiser: nn.Module
    vae: Any
    scheduler: Any
    """As loaded; batches work on copies."""
    dtype: torch.dtype
    device: torch.device
    scale_px: int
    """Sides of a picture are multiples of this."""
    max_tokens: int
    """Tokens of a prompt that the longest-reading encoder takes."""

    def weights(self) -> list[nn.Module]:
        """Return every module that takes memory."""
        ...

    def encode(self, text: str) -> TextEmbedding:
        """Return the embedding of one text.

        Args:
            text: a prompt or negative prompt.
        """
        ...

    def noise_shape(self, height_px: int, width_px: int) -> tuple[int, int, int]:
        """Return channels, height and width of the latents of a picture.

        Args:
            height_px: multiple of `scale_px`.
            width_px: multiple of `scale_px`.
        """
        ...

    def grids(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return the token grids of the layers that are warped.

        Args:
            height: of the latents.
            width: of the latents.
        """
        ...

    def start_scheduler(self, n_steps: int, grid: tuple[int, int]) -> Any:
        """Return a scheduler for one batch, its time steps set.

        Args:
            n_steps: denoising steps.
            grid: height and width of the latents.
        """
        ...

    def is_guided(self, spec: RenderSpec) -> bool:
        """Return whether a row needs a prediction for the negative prompt, too.

        Args:
            spec: of the row.
        """
        ...

    def extras(self, specs: Sequence[RenderSpec]) -> dict[str, Tensor]:
        """Return what the model reads of the specs themselves, one line per row.

        Args:
            specs: of the rows of a batch.
        """
        ...

    def predict(
        self, latents: Tensor, timestep: Tensor, inputs: Inputs, warp: WarpPlan | None
    ) -> Tensor:
        """Return the model's prediction.

        Args:
            latents: `b x c x h x w`, scaled as the scheduler wants.
            timestep: one time step for all rows.
            inputs: of exactly `b` rows.
            warp: plans for `b` rows; None runs the stock model.

        Returns:
            `b x c x h x w`.
        """
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Return the decoder's output.

        Args:
            latents: `b x c x h x w` after the last step.

        Returns:
            `b x 3 x H x W` in about `[-1, 1]`.
        """
        ...
