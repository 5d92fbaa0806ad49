from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from diffusers import StableDiffusionPipeline

from multibo.jobs.catalog import ModelSpec
from multibo.render.architectures.sd_unet import SdUnet
from multibo.render.embeddings import EmbeddingCache


@pytest.fixture(scope="module")
def parts(tiny: ModelSpec) -> StableDiffusionPipeline:
    return StableDiffusionPipeline.from_pretrained(tiny.path, local_files_only=True)


class CountingEncoder(torch.nn.Module):
    """A text encoder that counts its calls."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.n_calls = 0

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        return torch.float32

    @property
    def config(self) -> object:
        return self.encoder.config

    def forward(self, ids: torch.Tensor, attention_mask: None) -> object:
        self.n_calls += 1
        return self.encoder(ids, attention_mask=attention_mask)


def cache_of(parts: StableDiffusionPipeline, **options: int) -> EmbeddingCache:
    return EmbeddingCache(SdUnet(parts, torch.device("cpu"), 64).encode, **options)


@pytest.fixture
def counting(parts: StableDiffusionPipeline) -> Iterator[CountingEncoder]:
    """The text encoder of the parts, for the length of a test."""
    encoder = parts.text_encoder
    parts.text_encoder = CountingEncoder(encoder)
    yield parts.text_encoder
    parts.text_encoder = encoder


def test_a_text_is_encoded_as_the_stock_pipeline_encodes_it(
    parts: StableDiffusionPipeline,
) -> None:
    encoder = cache_of(parts)
    prompt, negative = parts.encode_prompt(
        ["comic portrait"], "cpu", 1, True, negative_prompt=["glasses"]
    )

    assert torch.equal(encoder.encode("comic portrait").tensors["states"], prompt[0])
    assert torch.equal(encoder.encode("glasses").tensors["states"], negative[0])


def test_each_text_is_encoded_once(
    parts: StableDiffusionPipeline, counting: CountingEncoder
) -> None:
    encoder = cache_of(parts)

    for _ in range(3):
        encoder.encode("comic portrait")
        encoder.encode("")

    assert counting.n_calls == 2
    assert (encoder.n_misses, encoder.n_hits) == (2, 4)


def test_the_text_used_longest_ago_is_forgotten_first(
    parts: StableDiffusionPipeline, counting: CountingEncoder
) -> None:
    encoder = cache_of(parts, capacity=2)

    for text in ("a", "b", "a", "c", "a", "b"):
        encoder.encode(text)

    # Of the six only the two repetitions of "a" were hits: "c" pushed "b" out.
    assert counting.n_calls == 4


def test_a_text_beyond_the_encoders_length_is_reported(
    parts: StableDiffusionPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = cache_of(parts)

    long, short = encoder.encode("hair, " * 100), encoder.encode("hair")

    assert long.truncated
    assert long.n_tokens > 100
    assert long.tensors["states"].shape == (64, 32)
    assert not short.truncated
    assert caplog.text == ""
