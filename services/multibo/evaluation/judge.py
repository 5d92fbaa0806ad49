"""The judge of the embedded evaluation: a small CLIP trained on the avatars.

It is not OpenAI's CLIP: its figures are never the CLIP-I2I of the literature.
`avatars-patch` is the default because it passes the test a judge has to pass (it
falls along the great circle between two noises, `validity.py`); the cosine of the
whole-image features is reported beside it and does not rank systems by itself.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoTokenizer, CLIPModel

from multibo.evaluation.pictures import resized
from multibo.pretrained import catalog_path, judge_path

_PATCH_LAYERS: Final = (1, 2, 3, 4)
_TOKENIZER: Final = "avatars/pipe/tokenizer"


class AvatarsPatch:
    """Normalized patch tokens of the vision model's layers 1 to 4; LPIPS in spirit.

    Root mean square, over layers and patches, of the distance between the tokens'
    directions (Zhang et al., 2018, with a vision transformer and without weights).
    """

    name = "avatars-patch"

    def distances(self, pictures: Tensor, target: Tensor) -> Tensor:
        """Return how far each picture is from the target.

        Args:
            pictures: `n x 3 x height x width` in [0, 1].
            target: `3 x height x width` in [0, 1].
        """
        tokens = _patch_tokens(torch.cat([target.unsqueeze(0), pictures]))
        squared = (tokens[1:] - tokens[:1]).square().sum(dim=-1)
        return squared.flatten(1).mean(dim=1).sqrt()


class AvatarsClip:
    """1 - cosine of the whole-image features."""

    name = "avatars-clip"

    def distances(self, pictures: Tensor, target: Tensor) -> Tensor:
        """Return how far each picture is from the target.

        Args:
            pictures: `n x 3 x height x width` in [0, 1].
            target: `3 x height x width` in [0, 1].
        """
        features = _image_features(torch.cat([target.unsqueeze(0), pictures]))
        # Half the squared chord is 1 - cosine, and exactly 0 for equal features.
        return (features[1:] - features[:1]).square().sum(dim=-1) / 2


def prompt_agreement(pictures: Tensor, prompt: str) -> Tensor:
    """Return how well pictures show what a prompt says.

    Args:
        pictures: `n x 3 x height x width` in [0, 1].
        prompt: at most 64 tokens of it count.

    Returns:
        `n` cosines of picture and prompt.
    """
    return _image_features(pictures) @ _text_features(prompt)


@lru_cache(maxsize=64)
def _text_features(prompt: str) -> Tensor:
    """Return one unit vector."""
    model = _load(judge_path())
    tokenizer = AutoTokenizer.from_pretrained(catalog_path().parent / _TOKENIZER)
    length: int = model.config.text_config.max_position_embeddings
    tokens = tokenizer(
        prompt,
        padding="max_length",
        truncation=True,
        max_length=length,
        return_tensors="pt",
    )
    with torch.inference_mode():
        output = model.text_model(input_ids=tokens.input_ids)
        projected: Tensor = model.text_projection(output.pooler_output)
    return functional.normalize(projected, dim=-1)[0]


def _patch_tokens(pictures: Tensor) -> Tensor:
    """Return `n x layers x patches x width` unit vectors."""
    model = _load(judge_path())
    with torch.inference_mode():
        output = model.vision_model(
            pixel_values=_prepared(model, pictures), output_hidden_states=True
        )
    # hidden_states[0] is the embedding; token 0 of each is the class token.
    layers = [output.hidden_states[layer][:, 1:] for layer in _PATCH_LAYERS]
    return functional.normalize(torch.stack(layers, dim=1), dim=-1)


def _image_features(pictures: Tensor) -> Tensor:
    """Return `n x features` unit vectors."""
    model = _load(judge_path())
    with torch.inference_mode():
        output = model.vision_model(pixel_values=_prepared(model, pictures))
        projected: Tensor = model.visual_projection(output.pooler_output)
    return functional.normalize(projected, dim=-1)


def _prepared(model: CLIPModel, pictures: Tensor) -> Tensor:
    # The judge was trained on pixels in [-1, 1], not on CLIP's channel statistics.
    side_px: int = model.config.vision_config.image_size
    return resized(pictures, side_px) * 2 - 1


@lru_cache(maxsize=1)
def _load(path: Path) -> CLIPModel:
    return CLIPModel.from_pretrained(path, dtype=torch.float32).eval()
