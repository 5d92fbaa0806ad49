"""What the warp costs on every kind of model, by paired timings (`overhead.py`).

Random weights: a warp costs what it costs whatever they are. On a CPU the models are of
moderate width, where the warp weighs more than at full width: its work grows with the
width, that of a layer with its square. `--full` takes the published sizes of SDXL and
FLUX.1 in bfloat16, for an accelerator:

    python -m benchmarks.overhead_kinds --device cuda --full --pairs 30 --out FILE
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import torch
from diffusers import (
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxTransformer2DModel,
    PixArtTransformer2DModel,
    SD3Transformer2DModel,
    UNet2DConditionModel,
)
from torch import Tensor

from benchmarks import overhead
from benchmarks.circumstances import surroundings
from multibo.jobs.spec import RenderSpec
from multibo.render import denoise
from multibo.render.architectures.flux import Flux
from multibo.render.architectures.pixart import PixArt
from multibo.render.architectures.port import Architecture
from multibo.render.architectures.sd3 import Sd3
from multibo.render.architectures.sdxl import SdxlUnet
from multibo.render.embeddings import TextEmbedding
from multibo.render.noise import start_noise
from multibo.warp.parametrization import WarpFamily
from multibo.warp.space import QUANTUM, warp_space

STEPS: Final = 6
WINDOW: Final = (0.0, 0.3)
AMPLITUDE: Final = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Time each kind with and without warp, and write the results."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    dtype = torch.bfloat16 if options.full else torch.float32
    origin = _circumstances(options)  # before the work: the checkout may move on
    results = {}
    for name, make in (FULL if options.full else MODERATE).items():
        torch.manual_seed(0)
        # Made where it is measured: a full model does not fit beside its own copy.
        with torch.device(device):
            model, texts, side_px = make(device, dtype)
        for carrier in _carriers(model):
            comparison = _comparison(model, texts, side_px, carrier, options.rows)
            label = name if carrier == "flow-16" else f"{name}, positions"
            results[label] = overhead.measured(comparison, options.pairs)
            print(label, json.dumps(results[label]), flush=True)
        del model
    document = {**origin, "results": results}
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


def _comparison(
    model: Architecture, texts: dict[str, Tensor], side_px: int, carrier: str, n: int
) -> overhead.Comparison:
    """A batch with random warps against the same batch without any."""
    family = WarpFamily(
        space=warp_space(carrier, 1),
        window=WINDOW,
        blocks=("down", "mid", "up"),
        amplitudes=(AMPLITUDE,) * 16,
    )
    chance = random.Random(2)
    text = TextEmbedding(texts, 0, 1)
    shape = model.noise_shape(side_px, side_px)

    def batch() -> denoise.Batch:
        specs = [_spec(carrier, chance, side_px) for _ in range(n)]
        return denoise.start_batch(
            [
                denoise.Row(
                    spec=spec,
                    vector=tuple(value / QUANTUM for value in spec.warp),
                    prompt=text,
                    negative=text,
                    noise=start_noise(spec, shape),
                )
                for spec in specs
            ]
        )

    @torch.inference_mode()
    def run(family: WarpFamily) -> object:
        done = denoise.denoise(model, family, batch())
        if model.device.type == "cuda":
            torch.cuda.synchronize()
        return done

    never = replace(family, window=(0.0, 0.0))
    return overhead.Comparison("warp", lambda: run(family), lambda: run(never))


def _spec(carrier: str, chance: random.Random, side_px: int) -> RenderSpec:
    return RenderSpec(
        model="random",
        revision="1",
        prompt="",
        negative_prompt="",
        base_seed=1,
        warp_space=f"{carrier}@1",
        warp=tuple(chance.randint(-QUANTUM, QUANTUM) for _ in range(16)),
        steps=STEPS,
        guidance=5.0,
        width_px=side_px,
        height_px=side_px,
    )


def _carriers(model: Architecture) -> tuple[str, ...]:
    return ("flow-16", "rope-16") if isinstance(model, Flux) else ("flow-16",)


def _parts(denoiser: Any, dtype: torch.dtype, scheduler: Any, part: str) -> Any:
    ready = denoiser.to(dtype).eval().requires_grad_(requires_grad=False)
    tokenizer = SimpleNamespace(model_max_length=77)
    return SimpleNamespace(
        **{part: ready},
        vae=None,
        vae_scale_factor=8,
        scheduler=scheduler,
        tokenizer=tokenizer,
    )


def _states(dtype: torch.dtype, n_tokens: int, width: int, pooled: int) -> Any:
    return {
        "states": torch.randn(n_tokens, width, dtype=dtype),
        "pooled": torch.randn(pooled, dtype=dtype),
        "mask": torch.ones(n_tokens, dtype=torch.long),
    }


def _sdxl(channels: tuple[int, ...], layers: tuple[int, ...], side_px: int) -> Any:
    def make(device: torch.device, dtype: torch.dtype) -> Any:
        n_levels = len(channels)
        crossed = ("CrossAttnDownBlock2D",) * (n_levels - 1)
        unet = UNet2DConditionModel(
            sample_size=side_px // 8,
            block_out_channels=channels,
            layers_per_block=2,
            down_block_types=("DownBlock2D", *crossed),
            up_block_types=(*("CrossAttnUpBlock2D",) * (n_levels - 1), "UpBlock2D"),
            mid_block_type="UNetMidBlock2DCrossAttn",
            attention_head_dim=tuple(width // 64 for width in channels),
            transformer_layers_per_block=layers,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
            cross_attention_dim=2048,
        )
        parts = _parts(unet, dtype, EulerDiscreteScheduler(), "unet")
        texts = _states(dtype, 77, 2048, 1280)
        return SdxlUnet(parts, device, 77), texts, side_px

    return make


def _sd3(n_layers: int, n_heads: int, side_px: int, width: int) -> Any:
    def make(device: torch.device, dtype: torch.dtype) -> Any:
        transformer = SD3Transformer2DModel(
            sample_size=side_px // 8,
            num_layers=n_layers,
            num_attention_heads=n_heads,
            caption_projection_dim=64 * n_heads,
            joint_attention_dim=width,
            qk_norm="rms_norm",
            dual_attention_layers=(0, 1),
        )
        scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
        parts = _parts(transformer, dtype, scheduler, "transformer")
        return Sd3(parts, device, 77), _states(dtype, 154, width, 2048), side_px

    return make


def _flux(n_double: int, n_single: int, n_heads: int, side_px: int, width: int) -> Any:
    def make(device: torch.device, dtype: torch.dtype) -> Any:
        transformer = FluxTransformer2DModel(
            num_layers=n_double,
            num_single_layers=n_single,
            num_attention_heads=n_heads,
            joint_attention_dim=width,
            guidance_embeds=True,
        )
        scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
        parts = _parts(transformer, dtype, scheduler, "transformer")
        return Flux(parts, device, 512), _states(dtype, width // 8, width, 768), side_px

    return make


def _pixart(n_layers: int, n_heads: int, side_px: int, width: int) -> Any:
    def make(device: torch.device, dtype: torch.dtype) -> Any:
        transformer = PixArtTransformer2DModel(
            sample_size=side_px // 8,
            num_layers=n_layers,
            num_attention_heads=n_heads,
            cross_attention_dim=72 * n_heads,
            caption_channels=width,
            use_additional_conditions=False,
        )
        parts = _parts(transformer, dtype, EulerDiscreteScheduler(), "transformer")
        return PixArt(parts, device, 120), _states(dtype, 120, width, 1), side_px

    return make


Make = Callable[[torch.device, torch.dtype], Any]
MODERATE: Final[dict[str, Make]] = {
    "SDXL": _sdxl((64, 128), (1, 1), 128),
    "SD 3.5": _sd3(4, 4, 256, 512),
    "FLUX.1": _flux(1, 3, 2, 256, 512),
    "PixArt": _pixart(4, 4, 256, 512),
}
FULL: Final[dict[str, Make]] = {
    "SDXL": _sdxl((320, 640, 1280), (1, 2, 10), 1024),
    "FLUX.1": _flux(19, 38, 24, 1024, 4096),
}


def _circumstances(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "benchmark": "overhead_kinds",
        "rows": options.rows,
        "steps": STEPS,
        "window": list(WINDOW),
        "pairs": options.pairs,
        "device": options.device,
        "full": options.full,
        "threads": options.threads,
        **surroundings(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--full", action="store_true", help="published sizes")
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
