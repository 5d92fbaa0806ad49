"""Prompts as the text encoder sees them, each text encoded once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from transformers import CLIPTextModel, PreTrainedTokenizerBase

_CAPACITY: Final = 512
"""Texts kept; a session has two, of 64 kB each on the embedded model."""


@dataclass(frozen=True, slots=True)
class TextEmbedding:
    """One text, encoded."""

    states: Tensor
    """`t x c` hidden states of the padded text."""
    n_tokens: int
    """Tokens of the whole text, its two end marks included."""
    max_tokens: int
    """Tokens that the encoder reads; what lies beyond them has no effect."""

    @property
    def truncated(self) -> bool:
        """Whether the end of the text has no effect."""
        return self.n_tokens > self.max_tokens


class PromptEncoder:
    """A text encoder with a least-recently-used cache."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        text_encoder: CLIPTextModel,
        *,
        capacity: int = _CAPACITY,
    ) -> None:
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._capacity = capacity
        self._cache: OrderedDict[str, TextEmbedding] = OrderedDict()

    @property
    def max_tokens(self) -> int:
        """Tokens that the encoder reads, the two end marks included."""
        return int(self._tokenizer.model_max_length)

    def encode(self, text: str) -> TextEmbedding:
        """Return the embedding of a prompt or negative prompt.

        Texts are encoded one at a time: a batch of several would round differently,
        and a picture must not depend on who shared its batch.

        Args:
            text: any text; the empty one is the unconditional prompt.
        """
        cached = self._cache.get(text)
        if cached is None:
            cached = self._encode(text)
            self._cache[text] = cached
            if len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        self._cache.move_to_end(text)
        return cached

    def _encode(self, text: str) -> TextEmbedding:
        whole = self._tokenizer(text, verbose=False).input_ids
        padded = self._tokenizer(
            text,
            padding="max_length",
            truncation=True,
            max_length=self.max_tokens,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states: Tensor = self._text_encoder(padded.input_ids).last_hidden_state
        return TextEmbedding(states[0], len(whole), self.max_tokens)
