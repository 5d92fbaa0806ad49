"""Prompts as the text encoders see them, each text encoded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from torch import Tensor

_CAPACITY: Final = 512
"""Texts kept; a session has two, of 64 kB each on the embedded model."""


@dataclass(frozen=True, slots=True)
class TextEmbedding:
    """One text, encoded."""

    tensors: Mapping[str, Tensor]
    """What the denoiser reads, by the name its architecture gives it; one row each,
    such as `t x c` states of the padded text, or a pooled vector of `c`."""
    n_tokens: int
    """Tokens of the whole text, its end marks included."""
    max_tokens: int
    """Tokens that the encoder reads; what lies beyond them has no effect."""

    @property
    def truncated(self) -> bool:
        """Whether the end of the text has no effect."""
        return self.n_tokens > self.max_tokens


class EmbeddingCache:
    """Text encoders behind a least-recently-used cache."""

    def __init__(
        self, encode: Callable[[str], TextEmbedding], *, capacity: int = _CAPACITY
    ) -> None:
        self._encode = encode
        self._capacity = capacity
        self._cache: OrderedDict[str, TextEmbedding] = OrderedDict()
        self.n_hits = 0
        self.n_misses = 0

    def encode(self, text: str) -> TextEmbedding:
        """Return the embedding of a prompt or negative prompt.

        Texts are encoded one at a time: a batch of several would round differently,
        and a picture must not depend on who shared its batch.

        Args:
            text: any text; the empty one is the unconditional prompt.
        """
        cached = self._cache.get(text)
        if cached is None:
            self.n_misses += 1
            cached = self._encode(text)
            self._cache[text] = cached
            if len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        else:
            self.n_hits += 1
        self._cache.move_to_end(text)
        return cached
