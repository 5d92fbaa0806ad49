from __future__ import annotations

import pytest
import torch
from diffusers import StableDiffusionPipeline

from multibo.jobs.catalog import ModelSpec
from multibo.render.embeddings import PromptEncoder


@pytest.fixture(scope="module")
def parts(tiny: ModelSpec) -> StableDiffusionPipeline:
    return StableDiffusionPipeline.from_pretrained(tiny.path, local_files_only=True)


class CountingEncoder(torch.nn.Module):
    """A text encoder that counts its calls."""

    def __init__(self, encoder: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.n_calls = 0

    def forward(self, ids: torch.Tensor) -> object:
        self.n_calls += 1
        return self.encoder(ids)


def test_a_text_is_encoded_as_the_stock_pipeline_encodes_it(
    parts: StableDiffusionPipeline,
) -> None:
    encoder = PromptEncoder(parts.tokenizer, parts.text_encoder)
    prompt, negative = parts.encode_prompt(
        ["comic portrait"], "cpu", 1, True, negative_prompt=["glasses"]
    )

    assert torch.equal(encoder.encode("comic portrait").states, prompt[0])
    assert torch.equal(encoder.encode("glasses").states, negative[0])


def test_each_text_is_encoded_once(parts: StableDiffusionPipeline) -> None:
    counting = CountingEncoder(parts.text_encoder)
    encoder = PromptEncoder(parts.tokenizer, counting)

    for _ in range(3):
        encoder.encode("comic portrait")
        encoder.encode("")

    assert counting.n_calls == 2


def test_the_text_used_longest_ago_is_forgotten_first(
    parts: StableDiffusionPipeline,
) -> None:
    counting = CountingEncoder(parts.text_encoder)
    encoder = PromptEncoder(parts.tokenizer, counting, capacity=2)

    for text in ("a", "b", "a", "c", "a", "b"):
        encoder.encode(text)

    # Of the six only the two repetitions of "a" were hits: "c" pushed "b" out.
    assert counting.n_calls == 4


def test_a_text_beyond_the_encoders_length_is_reported(
    parts: StableDiffusionPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = PromptEncoder(parts.tokenizer, parts.text_encoder)

    long, short = encoder.encode("hair, " * 100), encoder.encode("hair")

    assert long.truncated
    assert long.n_tokens > 100
    assert long.states.shape == (64, 32)
    assert not short.truncated
    assert caplog.text == ""
