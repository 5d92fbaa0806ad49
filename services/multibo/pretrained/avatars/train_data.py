"""The stage `data`, and how later stages read its drawings, captions and tokens."""

import json
import multiprocessing
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from multibo.pretrained.avatars.dataset import SIZE_PX, draw, partial_caption
from multibo.pretrained.avatars.train_plan import (
    SEQUENCE_TOKENS,
    VOCABULARY_TOKENS,
    Plan,
)

FIRST_SEED: Final = 100
_START, _END, _UNKNOWN = "<|startoftext|>", "<|endoftext|>", "<|unk|>"
END_TOKEN: Final = 1


def make_data(work: Path, plan: Plan) -> None:
    """Draw the training pairs and learn the tokenizer; a second call changes nothing.

    Args:
        work: the folder of intermediate results.
        plan: says how many pairs.
    """
    if (work / "tokenizer").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((plan.n_drawings, SIZE_PX, SIZE_PX, 3), np.uint8)
    captions: list[str] = []
    seeds = range(FIRST_SEED, FIRST_SEED + plan.n_drawings)
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for row, drawing in enumerate(pool.imap(draw, seeds, chunksize=16)):
            pixels[row] = drawing.pixels
            captions.append(drawing.caption)
    np.save(work / "pixels.npy", pixels)
    (work / "captions.json").write_text(json.dumps(captions), encoding="utf-8")
    _learn_tokenizer(captions).save_pretrained(work / "tokenizer")


def load_pixels(work: Path) -> Tensor:
    """Return all drawings, `n x height x width x 3`, uint8.

    Args:
        work: the folder of intermediate results.
    """
    return torch.from_numpy(np.load(work / "pixels.npy"))


def load_captions(work: Path) -> list[str]:
    """Return all captions, in the order of the drawings.

    Args:
        work: the folder of intermediate results.
    """
    captions = json.loads((work / "captions.json").read_text("utf-8"))
    return [str(caption) for caption in captions]


def load_tokenizer(work: Path) -> Any:
    """Return the tokenizer of the stage `data`.

    Args:
        work: the folder of intermediate results.
    """
    return PreTrainedTokenizerFast.from_pretrained(work / "tokenizer")


def model_input(pixels: Tensor) -> Tensor:
    """Return drawings as `n x 3 x height x width` in [-1, 1].

    Args:
        pixels: `n x height x width x 3`, uint8.
    """
    scaled = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    return scaled.contiguous(memory_format=torch.channels_last)


def tokenized_prompts(
    work: Path, *, unconditional: float, n_copies: int, seed: int
) -> Tensor:
    """Return several random partial captions of every drawing.

    Args:
        work: the folder of intermediate results.
        unconditional: the share of empty prompts, which guidance needs.
        n_copies: prompts per drawing.
        seed: decides what each prompt says.

    Returns:
        `n_copies x n x tokens`, int16.
    """
    source = random.Random(seed)
    tokenizer, captions = load_tokenizer(work), load_captions(work)
    copies = []
    for _ in range(n_copies):
        prompts = [
            "" if source.random() < unconditional else partial_caption(caption, source)
            for caption in captions
        ]
        tokens = tokenizer(
            prompts, padding="max_length", truncation=True, max_length=SEQUENCE_TOKENS
        )
        copies.append(np.asarray(tokens["input_ids"], np.int16))
    return torch.from_numpy(np.stack(copies))


def _learn_tokenizer(captions: Sequence[str]) -> Any:
    tokenizer = Tokenizer(models.BPE(unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_TOKENS,
        special_tokens=[_START, _END, _UNKNOWN],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}",
        special_tokens=[(_START, 0), (_END, END_TOKEN)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=_START,
        eos_token=_END,
        pad_token=_END,
        unk_token=_UNKNOWN,
        model_max_length=SEQUENCE_TOKENS,
    )
