"""The stage `clip`: the judge, trained contrastively on the same pairs."""

import random
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from multibo.pretrained.avatars.dataset import SIZE_PX
from multibo.pretrained.avatars.train_data import (
    END_TOKEN,
    load_pixels,
    model_input,
    tokenized_prompts,
)
from multibo.pretrained.avatars.train_loop import device, train
from multibo.pretrained.avatars.train_plan import (
    SEQUENCE_TOKENS,
    VOCABULARY_TOKENS,
    Plan,
)

_WIDTH: Final = 192
_SHIFT_PX: Final = 6


def train_clip(work: Path, plan: Plan) -> None:
    """Train the judge and leave it in `clip/`.

    Args:
        work: holds the drawings; gets `clip/`.
        plan: the recipe.
    """
    pixels = load_pixels(work).to(device())
    prompts = tokenized_prompts(work, unconditional=0, n_copies=2, seed=1)
    prompts = prompts.to(device())
    source = random.Random(1)
    model = CLIPModel(_config()).to(device())

    def batch_loss() -> Tensor:
        rows = torch.randint(len(pixels), (plan.clip.n_rows,), device=pixels.device)
        shift = [source.randint(-_SHIFT_PX, _SHIFT_PX) for _ in range(2)]
        tokens = prompts[source.randrange(len(prompts)), rows].long()
        loss: Tensor = model(
            input_ids=tokens,
            attention_mask=attended(tokens),
            pixel_values=torch.roll(model_input(pixels[rows]), shift, (2, 3)),
            return_loss=True,
        ).loss
        return loss

    train("clip", [model], batch_loss, plan.clip)
    model.float().save_pretrained(work / "clip")


def attended(tokens: Tensor) -> Tensor:
    """Return 1 for the tokens of a prompt, up to its end, and 0 for the padding.

    Args:
        tokens: `n x tokens`; the end token also pads.
    """
    return (torch.cumsum(tokens == END_TOKEN, dim=1) <= 1).long()


def _config() -> Any:
    text = {
        "vocab_size": VOCABULARY_TOKENS,
        "hidden_size": _WIDTH,
        "intermediate_size": 4 * _WIDTH,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "max_position_embeddings": SEQUENCE_TOKENS,
        "bos_token_id": 0,
        "eos_token_id": END_TOKEN,
        "pad_token_id": END_TOKEN,
    }
    vision = {
        "hidden_size": _WIDTH,
        "intermediate_size": 4 * _WIDTH,
        "num_hidden_layers": 6,
        "num_attention_heads": 3,
        "image_size": SIZE_PX,
        "patch_size": 16,
    }
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=128)
