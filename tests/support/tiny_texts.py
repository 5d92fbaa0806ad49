"""Text encoders of random weights, and a tokenizer of a few words."""

from __future__ import annotations

from typing import Any, Final

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoTokenizer,
    CLIPTextConfig,
    CLIPTextModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from multibo.pretrained import catalog_path

N_LONG_TOKENS: Final = 12
_WORDS: Final = ("comic", "voxel", "portrait", "brown", "hair", "hat", "beard", ",")


def clip_tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(
        catalog_path().parent / "avatars/pipe/tokenizer"
    )


def t5_tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {word: n for n, word in enumerate(["<pad>", "</s>", "<unk>", *_WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=N_LONG_TOKENS,
    )


def clip(kind: type = CLIPTextModel) -> Any:
    return kind(
        CLIPTextConfig(
            vocab_size=1024,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=64,
            projection_dim=16,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )


def t5(d_model: int = 32) -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(
            vocab_size=32, d_model=d_model, d_kv=8, d_ff=32, num_layers=2, num_heads=4
        )
    )
