"""Tiny tokenizers, trained on invented text by the libraries: the forms that those of today's models have."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

# The pattern of Qwen's tokenizers.
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
]
LINES = [
    "桃树开花以前，园丁每天给桃树浇水。",
    "园丁说：桃树开花，梨树也开花！Peach tree and pear tree.",
    "梨树结果以后，孩子们在梨树下面等园丁。",
    "He waters the peach tree，孩子们看着 2026 年的桃树。",
    "　　孩子们等了 15 天，梨树的果子熟了；It's ripe.",
] * 3
AWKWARD = [
    "",
    " ",
    "桃树",
    "　　桃树　开花 ",
    "桃树\r\n开花\r\n",
    "\t梨树\ttree",
    "a\0桃",
    "e\u0301te\u0301 桃\u0301树",
    "👨\u200d👩\u200d👧园丁🌳",
    "𠮷野家的桃树",
    "Ａ㎏ﬁ TREE Peach",
    "한글 и кириллица",
    "  two  blanks  ",
    "15天2026年",
    "\u2581桃",
    "<unk> [UNK] <s>",
]
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def _byte_level() -> tuple[Any, Any]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return tokenizer, trainers.BpeTrainer(
        vocab_size=330, initial_alphabet=alphabet, special_tokens=["<|end|>"], show_progress=False
    )


def _gpt2() -> tuple[Any, Any]:
    tokenizer, trainer = _byte_level()
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    return tokenizer, trainer


def _gpt2_plain() -> tuple[Any, Any]:
    tokenizer, trainer = _gpt2()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer, trainer


def _split(patterns: list[str], behavior: str = "isolated", invert: bool = False) -> Any:
    splits = [pre_tokenizers.Split(Regex(p), behavior, invert) for p in patterns]
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([*splits, level])


def _llama3() -> tuple[Any, Any]:
    """Pieces that are tokens are taken whole."""
    tokenizer, trainer = _byte_level()
    tokenizer.model = models.BPE(ignore_merges=True)
    tokenizer.pre_tokenizer = _split([QWEN.replace(r"\p{N}|", r"\p{N}{1,3}|")])
    return tokenizer, trainer


def _gpt4o() -> tuple[Any, Any]:
    tokenizer, trainer = _byte_level()
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = _split([GPT4O], "removed", True)
    return tokenizer, trainer


def _deepseek() -> tuple[Any, Any]:
    tokenizer, trainer = _byte_level()
    tokenizer.pre_tokenizer = _split(DEEPSEEK)
    return tokenizer, trainer


def _gemma() -> tuple[Any, Any]:
    tokenizer, trainer = _metaspace()
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return tokenizer, trainer


def _metaspace() -> tuple[Any, Any]:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, trainers.BpeTrainer(
        vocab_size=430, special_tokens=[*SPECIAL, *BYTES], show_progress=False
    )


def _llama() -> tuple[Any, Any]:
    tokenizer, trainer = _metaspace()
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return tokenizer, trainer


def _unigram() -> tuple[Any, Any]:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, trainers.UnigramTrainer(
        vocab_size=90, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
    )


def _wordpiece() -> tuple[Any, Any]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer, trainers.WordPieceTrainer(
        vocab_size=110, special_tokens=["[UNK]"], show_progress=False
    )


FORMS = {
    "bytes": _byte_level,
    "gpt2": _gpt2,
    "gpt2plain": _gpt2_plain,
    "llama3": _llama3,
    "gpt4o": _gpt4o,
    "deepseek": _deepseek,
    "gemma": _gemma,
    "metaspace": _metaspace,
    "llama": _llama,
    "unigram": _unigram,
    "wordpiece": _wordpiece,
}


# Words that are found before all else, as `vocab extend` adds them.
ADDED = {form: ["梨树下", "果子"] for form in ("bytes", "llama3", "llama", "metaspace", "gemma")}
# Those whose lines may be cut: see subwords/cutting.py.
CUT = ["bytes", "gpt2plain", "llama3", "gpt4o", "deepseek", "gemma", "metaspace", "llama"]


def tokenizer_json(form: str, path: Path) -> Path:
    """A tokenizer of one of the FORMS, saved."""
    tokenizer, trainer = FORMS[form]()
    tokenizer.train_from_iterator(LINES, trainer)
    if form in ADDED:
        tokenizer.add_tokens([*ADDED[form], AddedToken("<mask>", lstrip=True, rstrip=True)])
    tokenizer.save(str(path))
    return path


def sentencepiece_model(kind: str, fallback: bool, path: Path) -> Path:
    """A model of sentencepiece's trainer: kind bpe or unigram, with byte fallback or not."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES),
        model_writer=made,
        model_type=kind,
        vocab_size=350 if fallback else 110,
        byte_fallback=fallback,
        hard_vocab_limit=False,
        character_coverage=0.98,
        minloglevel=2,
    )
    path.write_bytes(made.getvalue())
    return path
