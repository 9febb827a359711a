"""Names and shapes of the tensors of a model -> those that have a row for each token of its vocabulary.

That a tensor has as many rows as the vocabulary has tokens says little: widths and positions are round numbers too.
What its name says of it counts, in the checkpoints of PyTorch, TensorFlow and Keras.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from enum import Enum, auto

from nlptools.errors import DataError, cut, quoted
from nlptools.vectors.headers import sized

Shape = tuple[int, ...]

# The last parts of names, in small letters, with a dot between parts.
_TOKENS = re.compile(
    r"""(^|\.)(
        (word_|token_|tok_|vocab_|word|token)?embed(ding|der)?s?(\.weight)?  # BERT, ModernBERT, plain files
      | (embed_tokens|embed_in|wte|tok_emb|token_emb|shared|embedding-token\.embeddings)(\.weight)?
      | predictions\.(bias|output_bias|decoder(\.weight|\.bias)?)            # BERT, ALBERT
      | (\w*lm_head|lm_loss|mlm_head|vocab_projector)(\.decoder|\.linear)?(\.weight|\.bias)?  # RoBERTa, GPT, XLNet, DistilBERT
      | (embed_out|output_layer)(\.weight|\.bias)?                          # GPT-NeoX, ChatGLM
      | mlm-bias(\.bias)?
    )$
    | ^((language_)?model\.|llm\.)*output(\.weight|\.bias)?$             # Llama as Meta wrote it, InternLM2
    """,
    re.VERBOSE,
)
# An embedding or output matrix of its own inside a layer: that of DeepSeek-V3 which predicts the token after the next.
_IN_LAYER = re.compile(r"\.(embed_tokens|shared_head\.head)(\.weight)?$")
# Of those of tokens the ones that a hidden state is multiplied with.
_OUTPUT = re.compile(
    r"predictions\.|lm_head|lm_loss|mlm_head|vocab_projector|embed_out|output|shared_head|mlm-bias"
)
# What is never about tokens, though it may be as long as the vocabulary.
_OTHERS = re.compile(
    r"""position|token_type|segment|norm|attention|attn|intermediate|dense|mlp|ffn|feed_?forward|transform\.
      | pooler|classifier|seq_relationship|wpe|conv|hidden_mapping|(^|\.)(layers?|blocks?|h)[._]\d
      | (^|\.)ln(_\w+)?\.|pos_emb|inv_freq|(^|\.)(visual|vision\w*|audio\w*)\.""",
    re.VERBOSE,
)
# Rows after those of the vocabulary, to a multiple of 8, 64 or 128: NVIDIA's BERT has 30,528 rows for 30,522 tokens.
_MULTIPLE, _MOST_PADDING = 8, 128
# To a multiple of 128 for each of 8 machines, as Megatron has it, of what is surely of tokens: Qwen3 has 151,936 rows for
# 151,669 tokens, DeepSeek-V3 129,280 for 128,815, Pythia 50,688 for 50,277. Less than a 64th of them all the same.
_SURE_PADDING, _SHARE = 1024, 64
_NAMED = 5  # tensors in a message


class _Kind(Enum):
    TOKENS = auto()
    OTHER = auto()
    DOUBTFUL = auto()


def _plain(name: str) -> str:
    return re.sub(r":\d+$", "", name).replace("/", ".").lower()


def _kind(name: str) -> _Kind:
    plain = _plain(name)
    if _IN_LAYER.search(plain):
        return _Kind.TOKENS
    if _OTHERS.search(plain):
        return _Kind.OTHER
    return _Kind.TOKENS if _TOKENS.search(plain) else _Kind.DOUBTFUL


def is_output(name: str) -> bool:
    """Whether a tensor of tokens makes the probabilities of tokens, by its name; another one is read by the model."""
    return bool(_OUTPUT.search(_plain(name)))


def has_rows(name: str, shape: Shape, size: int) -> bool:
    """Whether it has a row for each of `size` tokens, and after them none, or a padding."""
    extra = shape[0] - size if shape else -1
    most = _MOST_PADDING
    if _kind(name) is _Kind.TOKENS:
        most = max(most, min(_SURE_PADDING, size // _SHARE))
    return extra == 0 or (0 < extra < most and shape[0] % _MULTIPLE == 0)


def token_tensors(
    path: str, shapes: Mapping[str, Shape], size: int, asked: Sequence[str] = ()
) -> list[str]:
    """Names of the tensors with a row for each of `size` tokens, in the order of the file.

    asked: those names, whatever they say. Otherwise it is those that are named like embeddings of words or an output
    of them; where there are none, one that has the rows and is not named like something else. Padding is allowed
    for what is asked for, what is named so, and what is alone in the file.

    Raises DataError for a name that is not there, where there are not so many rows, and where names do not tell.
    """
    wrong = f"not {size:,}, the size of the base vocabulary of the map"
    hint = "take the model whose vocabulary the map was made from"
    for name in asked:
        if name not in shapes:
            raise DataError(path, None, f"no tensor {quoted(name)}", _longest("there are", shapes))
        if not has_rows(name, shapes[name], size):
            raise DataError(path, None, f"{cut(name)}: {_rows(shapes[name])}, {wrong}", hint)
    if asked:
        return [name for name in shapes if name in asked]
    if len(shapes) == 1:
        ((name, shape),) = shapes.items()
        if not has_rows(name, shape, size):
            raise DataError(path, None, f"{_rows(shape)}, {wrong}", hint)
        return [name]
    found = [n for n, s in shapes.items() if has_rows(n, s, size) and _kind(n) is _Kind.TOKENS]
    tall = [name for name, shape in shapes.items() if shape[:1] == (size,)]
    doubtful = [name for name in tall if _kind(name) is _Kind.DOUBTFUL]
    if not doubtful and found:
        return found
    if len(doubtful) == 1 and not found:
        return doubtful
    if doubtful:
        problem = f"of the tensors of {size:,} rows it is not clear which are of tokens: {_listed(doubtful, shapes)}"
        raise DataError(
            path, None, problem, f"name all to make anew: {_options([*found, *doubtful])}"
        )
    if tall:
        problem = (
            f"no tensor of {size:,} rows is one of tokens by its name: {_listed(tall, shapes)}"
        )
        raise DataError(path, None, problem, f"if one is: {_options(tall[:1])}")
    problem = f"no tensor of {size:,} rows, the size of the base vocabulary of the map"
    raise DataError(path, None, problem, _longest("the longest are", shapes))


def _options(names: Sequence[str]) -> str:
    more = " ..." if len(names) > _NAMED else ""
    return " ".join(f"--tensor {shlex.quote(name)}" for name in names[:_NAMED]) + more


def _rows(shape: Shape) -> str:
    return f"{shape[0]:,} rows" if shape else "a single number"


def _longest(what: str, shapes: Mapping[str, Shape]) -> str:
    longest = sorted(shapes, key=lambda name: shapes[name][:1], reverse=True)[:_NAMED]
    return f"{what}: {_listed(longest, shapes)}" if longest else what


def _listed(names: Sequence[str], shapes: Mapping[str, Shape]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(f"{cut(name)} ({sized(shapes[name])})" for name in names[:_NAMED]) + more
