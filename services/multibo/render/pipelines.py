"""A loaded diffusion model that turns render specs into images."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import diffusers
import torch
from torch import Tensor, nn

from multibo.jobs.catalog import ModelSpec, WarpSpaceSpec
from multibo.jobs.spec import RenderSpec
from multibo.render import denoise, images
from multibo.render.architectures.port import Architecture
from multibo.render.distilled import Distilled, load_distilled
from multibo.render.embeddings import EmbeddingCache, TextEmbedding
from multibo.render.errors import BatchRefusedError, ImageNotFiniteError
from multibo.render.images import RenderedImage
from multibo.render.loading import load_architecture
from multibo.render.noise import start_noise
from multibo.render.observer import RowObserver
from multibo.render.precision import Precision
from multibo.render.prefix import PrefixCache
from multibo.render.preview import PreviewMap
from multibo.warp.parametrization import WarpFamily
from multibo.warp.space import warp_space

MAX_ROWS: Final = denoise.PADDED_SIZES[-1]
"""Rows of one batch at most."""


def load_pipeline(
    model: ModelSpec,
    *,
    threads: int | None = None,
    precision: Precision | None = None,
) -> Pipeline:
    """Load a model, its own parts as diffusers ships them.

    Args:
        model: the catalog's entry.
        threads: CPU threads of this process's arithmetic; default as it is.
        precision: number format and place; default float32 on the CPU.

    Raises:
        ModelFilesError: if the files are missing, damaged, of another architecture or
            in contradiction to the catalog.
        DeltaUnusableError: if the delta that the catalog names does not fit the model.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    precision = precision or Precision()
    architecture = load_architecture(model, precision)
    distilled = load_distilled(model, architecture)
    numerics = numerics_tag(precision)
    if distilled is not None:
        numerics = f"{numerics}/{distilled.tag}"
    return Pipeline(model, architecture, numerics=numerics, distilled=distilled)


class Pipeline:
    """A loaded model; renders one batch at a time."""

    def __init__(
        self,
        model: ModelSpec,
        architecture: Architecture,
        *,
        numerics: str,
        distilled: Distilled | None = None,
    ) -> None:
        self.model = model
        self.numerics = numerics
        """What, apart from the spec, decides the bits of a picture."""
        self.architecture = architecture
        self.distilled = distilled
        """The same model with its guidance in the weights, for the rows it serves."""
        self.embeddings = EmbeddingCache(architecture.encode)
        self.prefixes = PrefixCache()
        self.preview = PreviewMap()
        self._families = {
            name: _family(spec) for name, spec in model.warp_spaces.items()
        }
        self._lock = threading.Lock()

    def render(
        self,
        rows: Sequence[RenderSpec],
        observer: RowObserver | None = None,
    ) -> list[RenderedImage | None]:
        """Render a batch.

        The same rows give the same bytes in every run with one numerics tag, and each
        row gives the same bytes in every batch of the same padded size.

        Args:
            rows: one to eight specs of this model with one compat key.
            observer: told after every step; the rows it names are dropped.

        Returns:
            An image per row, None for a dropped one.

        Raises:
            BatchRefusedError: if the rows cannot share a batch of this model.
            ImageNotFiniteError: if a row came out as NaN or infinite.
            WarpVectorError: if a warp is no point of its space.
        """
        pictures = self.render_pixels(rows, observer)
        return [
            None if pixels is None else images.finished(spec, pixels, self.note(spec))
            for spec, pixels in zip(rows, pictures, strict=True)
        ]

    def render_pixels(
        self,
        rows: Sequence[RenderSpec],
        observer: RowObserver | None = None,
    ) -> list[Tensor | None]:
        """Render a batch as far as `3 x h x w` pixels in `[0, 1]`.

        Args:
            rows: as in `render`.
            observer: as in `render`.

        Returns:
            Pixels per row, None for a dropped one.

        Raises:
            BatchRefusedError: as in `render`.
            ImageNotFiniteError: as in `render`.
            WarpVectorError: as in `render`.
        """
        self._assert_one_batch(rows)
        with self._lock, torch.inference_mode():
            batch = denoise.denoise(
                self._architecture_for(rows[0]),
                self._families[rows[0].warp_space],
                denoise.start_batch([self._row(spec) for spec in rows]),
                observer,
                self.prefixes,
            )
            return self._decode(batch, len(rows))

    def weights(self) -> list[nn.Module]:
        """Return every module that takes memory."""
        return (self.distilled or self.architecture).weights()

    def family(self, warp_space: str) -> WarpFamily:
        """Return a warp family as it is calibrated for the model.

        Args:
            warp_space: the name of a warp space of the model.
        """
        return self._families[warp_space]

    def note(self, spec: RenderSpec) -> str:
        """Return what the person should know of a picture; mostly nothing.

        Args:
            spec: a spec of this model.
        """
        with self._lock:
            return _length_note(
                prompt=self.embeddings.encode(spec.prompt),
                negative_prompt=self.embeddings.encode(spec.negative_prompt),
            )

    def _assert_one_batch(self, rows: Sequence[RenderSpec]) -> None:
        if not 1 <= len(rows) <= MAX_ROWS:
            raise BatchRefusedError(f"{len(rows)} rows; a batch has 1 to {MAX_ROWS}")
        if len({spec.compat_key for spec in rows}) > 1:
            raise BatchRefusedError("rows of several compat keys")
        spec, model = rows[0], self.model
        if (spec.model, spec.revision) != (model.name, model.revision):
            raise BatchRefusedError(
                f"rows of {spec.model}@{spec.revision}, not {model.name}"
                f"@{model.revision}"
            )
        if spec.warp_space not in self._families:
            raise BatchRefusedError(f"no warp space {spec.warp_space}")
        scale_px = self.architecture.scale_px
        if spec.width_px % scale_px or spec.height_px % scale_px:
            raise BatchRefusedError(f"sides are no multiples of {scale_px} px")

    def _architecture_for(self, spec: RenderSpec) -> Architecture:
        # Rows of one compat key agree on this.
        if self.distilled is not None and self.distilled.serves(spec):
            return self.distilled
        return self.architecture

    def _row(self, spec: RenderSpec) -> denoise.Row:
        space = self._families[spec.warp_space].space
        shape = self.architecture.noise_shape(spec.height_px, spec.width_px)
        return denoise.Row(
            spec=spec,
            vector=tuple(space.dequantize(spec.warp).tolist()),
            prompt=self.embeddings.encode(spec.prompt),
            negative=self.embeddings.encode(spec.negative_prompt),
            noise=start_noise(spec, shape),
        )

    def _decode(self, batch: denoise.Batch, n_rows: int) -> list[Tensor | None]:
        pictures: list[Tensor | None] = [None] * n_rows
        if not batch.live:
            return pictures
        decoded = self.architecture.decode(batch.latents)
        # Both operations as the stock image processor orders them.
        pixels = (decoded * 0.5 + 0.5).clamp(0, 1).float().cpu()
        finite = decoded.isfinite().flatten(1).all(dim=1).tolist()
        for place, owner in enumerate(batch.owners):
            if owner is not None:
                pictures[owner] = pixels[place]
        broken = [
            owner
            for owner, sound in zip(batch.owners, finite, strict=True)
            if owner is not None and not sound
        ]
        if broken:
            raise ImageNotFiniteError(tuple(broken))
        # A place that nobody wants may hold anything.
        live = min(place for place, one in enumerate(batch.owners) if one is not None)
        self.preview.learn(batch.latents[live], pixels[live])
        return pictures


def _length_note(**texts: TextEmbedding) -> str:
    return "; ".join(
        f"the {name.replace('_', ' ')} has {text.n_tokens} tokens, of which only the "
        f"first {text.max_tokens} have an effect"
        for name, text in texts.items()
        if text.truncated
    )


def _family(spec: WarpSpaceSpec) -> WarpFamily:
    return WarpFamily(
        space=warp_space(spec.family, spec.revision),
        window=spec.window,
        blocks=spec.blocks,
        amplitudes=spec.amplitudes,
        modulation_window=spec.modulation_window,
        halves=spec.halves,
    )


def numerics_tag(precision: Precision) -> str:
    """Return what, apart from the spec, decides the bits of a picture.

    Args:
        precision: number format and place of the weights.
    """
    return (
        f"torch-{torch.__version__}/diffusers-{diffusers.__version__}"
        f"/{_processor(precision.device)}/{precision.tag}/sdpa/eager"
    )


def _processor(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda-{torch.cuda.get_device_name(device).replace(' ', '-')}"
    # The number of threads belongs here: it decides how sums are split.
    capability = torch.backends.cpu.get_cpu_capability().replace(" ", "")
    return f"cpu-{capability}/threads-{torch.get_num_threads()}"
