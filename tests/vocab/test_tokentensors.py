"""Which tensors have a row for each token: what their names say, whatever their sizes; what is not clear is asked."""

from __future__ import annotations

from typing import Any

import pytest

from nlptools.errors import DataError
from nlptools.vocab.tokentensors import is_output, token_tensors


def names(shapes: dict[str, Any], size: int = 64, *asked: str) -> list[str]:
    return token_tensors("x", shapes, size, asked)


@pytest.mark.parametrize(
    ("tokens", "others"),
    [
        (  # BERT
            "bert.embeddings.word_embeddings.weight cls.predictions.bias cls.predictions.decoder.weight "
            "cls.predictions.decoder.bias",
            "bert.embeddings.position_embeddings.weight bert.embeddings.token_type_embeddings.weight "
            "bert.encoder.layer.0.intermediate.dense.weight bert.encoder.layer.0.intermediate.dense.bias "
            "bert.encoder.layer.0.attention.self.query.weight cls.predictions.transform.dense.weight "
            "cls.predictions.transform.LayerNorm.weight bert.pooler.dense.bias bert.embeddings.LayerNorm.bias",
        ),
        (  # the same in TensorFlow
            "bert/embeddings/word_embeddings cls/predictions/output_bias",
            "bert/embeddings/position_embeddings bert/encoder/layer_0/output/dense/kernel "
            "cls/predictions/transform/dense/bias",
        ),
        (
            "Embedding-Token/embeddings:0 MLM-Bias/bias:0",
            "Embedding-Position/embeddings:0 MLM-Norm/gamma:0",
        ),
        (
            "roberta.embeddings.word_embeddings.weight lm_head.bias lm_head.decoder.weight",
            "lm_head.dense.weight lm_head.layer_norm.bias roberta.embeddings.position_embeddings.weight",
        ),
        (
            "distilbert.embeddings.word_embeddings.weight vocab_projector.weight vocab_projector.bias",
            "vocab_transform.weight vocab_layer_norm.bias distilbert.transformer.layer.3.ffn.lin1.weight",
        ),
        (
            "transformer.wte.weight lm_head.weight",
            "transformer.wpe.weight transformer.h.0.mlp.c_fc.bias",
        ),
        (
            "model.embed_tokens.weight lm_head.weight",
            "model.layers.0.mlp.up_proj.weight model.norm.weight",
        ),
        (
            "shared.weight encoder.embed_tokens.weight",
            "decoder.block.0.layer.1.EncDecAttention.k.weight",
        ),
        (
            "electra.embeddings.word_embeddings.weight generator_lm_head.weight generator_lm_head.bias",
            "generator_predictions.dense.weight electra.embeddings_project.dense.weight",
        ),
        (
            "language_model.embedding.word_embeddings.weight",
            "language_model.embedding.position_embeddings.weight",
        ),
        (  # Llama, Qwen2, Qwen3, Mistral, Gemma, Baichuan, Yi: what a layer has is as long as the vocabulary here
            "model.embed_tokens.weight lm_head.weight",
            "model.layers.0.self_attn.q_proj.weight model.layers.0.mlp.down_proj.weight "
            "model.layers.0.input_layernorm.weight model.norm.weight model.layers.0.self_attn.q_norm.weight",
        ),
        (
            "gpt_neox.embed_in.weight embed_out.weight",
            "gpt_neox.layers.0.attention.dense.weight gpt_neox.final_layer_norm.weight",
        ),
        (  # Falcon
            "transformer.word_embeddings.weight lm_head.weight",
            "transformer.h.0.self_attention.query_key_value.weight transformer.ln_f.weight "
            "transformer.h.0.mlp.dense_4h_to_h.weight",
        ),
        (  # InternLM2
            "model.tok_embeddings.weight output.weight",
            "model.layers.0.attention.wqkv.weight model.layers.0.feed_forward.w1.weight "
            "model.layers.0.attention.wo.weight",
        ),
        ("tok_embeddings.weight output.weight", "layers.0.attention.wo.weight norm.weight"),
        (  # ChatGLM
            "transformer.embedding.word_embeddings.weight transformer.output_layer.weight",
            "transformer.encoder.layers.0.mlp.dense_h_to_4h.weight "
            "transformer.encoder.final_layernorm.weight transformer.rotary_pos_emb.inv_freq",
        ),
        (  # Phi
            "model.embed_tokens.weight lm_head.weight lm_head.bias",
            "model.layers.0.mlp.fc1.bias model.final_layernorm.bias model.layers.0.self_attn.dense.bias",
        ),
        (
            "transformer.embd.wte.weight lm_head.linear.weight lm_head.linear.bias",
            "lm_head.ln.weight",
        ),
        (  # DeepSeek-V3: a layer that predicts the token after the next has its own copies
            "model.embed_tokens.weight lm_head.weight model.layers.61.embed_tokens.weight "
            "model.layers.61.shared_head.head.weight",
            "model.layers.61.shared_head.norm.weight model.layers.61.eh_proj.weight "
            "model.layers.3.mlp.gate.weight model.layers.3.mlp.experts.7.up_proj.weight",
        ),
        (  # models that see
            "language_model.model.embed_tokens.weight language_model.lm_head.weight",
            "vision_tower.vision_model.embeddings.position_embedding.weight "
            "vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias "
            "language_model.model.layers.0.mlp.gate_proj.weight",
        ),
        (
            "model.language_model.embed_tokens.weight lm_head.weight",
            "model.visual.blocks.0.mlp.linear_fc1.bias model.visual.pos_embed.weight",
        ),
        (
            "language_model.model.tok_embeddings.weight language_model.output.weight",
            "vision_model.encoder.layers.0.mlp.fc1.weight",
        ),
    ],
)
def test_names_tell_which_tensors_are_of_tokens(tokens: str, others: str) -> None:
    """Whatever the sizes: 64 is the size of the vocabulary, of the hidden layer, and the number of positions."""
    shapes = dict.fromkeys([*others.split(), *tokens.split()], (64, 64))
    assert names(shapes) == tokens.split()
    assert names(shapes, 64, others.split()[0]) == [others.split()[0]]


def test_names_that_do_not_tell() -> None:
    shapes = {
        "embeddings": (64, 8),
        "proj": (64, 8),
        "gate": (64,),
        "norm.weight": (64,),
        "x": (9, 64),
    }
    with pytest.raises(DataError, match="not clear which are of tokens") as caught:
        names(shapes)
    assert str(caught.value).endswith(": proj (64 x 8), gate (64)")
    hint = "name all to make anew: --tensor embeddings --tensor proj --tensor gate"
    assert caught.value.hint == hint
    assert names(shapes, 64, "proj", "embeddings") == ["embeddings", "proj"]
    assert names({"anything": (64, 8), "norm.weight": (64,)}) == ["anything"]  # the only one
    with pytest.raises(
        DataError, match="no tensor of 64 rows is one of tokens by its name"
    ) as caught:
        names({"layer.0.dense.bias": (64,), "norm": (64,)})
    assert caught.value.hint == "if one is: --tensor layer.0.dense.bias"
    many = {f"t{i}": (64,) for i in range(9)}
    with pytest.raises(DataError, match=r"t4 \(64\) and 4 more$") as caught:
        names(many)
    assert str(caught.value.hint).endswith("--tensor t4 ...")


def test_padding() -> None:
    """Rows after those of the vocabulary: to a multiple of 8, fewer than 128, of what is named like one of tokens."""
    size = 30_522
    assert names({"embeddings": (30_528, 8), "lm_head.bias": (30_522,), "k": (30_528,)}, size) == [
        *("embeddings", "lm_head.bias")
    ]
    assert names({"a.npy": (30_592, 8)}, size) == ["a.npy"]
    assert names({"t": (30_528, 8), "u": (9,)}, size, "t") == ["t"]
    for rows in (30_521, 30_523, 30_656):
        with pytest.raises(DataError, match=f"a: {rows:,} rows, not 30,522, the size of the base"):
            names({"a": (rows, 8), "b": (1,)}, size, "a")
    with pytest.raises(DataError, match="no tensor of 30,522 rows"):
        names({"t": (30_528, 8), "u": (9,)}, size)  # nothing says that it is of tokens


@pytest.mark.parametrize(
    ("tokens", "rows"),
    [
        (151_669, 151_936),  # Qwen3
        (151_665, 152_064),  # Qwen2.5 from 7B on
        (128_815, 129_280),  # DeepSeek-V3
        (50_277, 50_688),  # Pythia
        (200_029, 200_064),  # Phi-4-mini
        (262_145, 262_208),  # Gemma 3
    ],
)
def test_padding_of_large_models(tokens: int, rows: int) -> None:
    """Of what is surely of tokens: by its name, also where it is asked for or alone."""
    embedding, other = "model.embed_tokens.weight", "t"
    shapes = {embedding: (rows, 8), "lm_head.weight": (tokens, 8), "u": (rows, 8)}
    assert names(shapes, tokens) == [embedding, "lm_head.weight"]
    assert names(shapes, tokens, embedding) == names({embedding: (rows, 8)}, tokens) == [embedding]
    if rows - tokens > 128:
        with pytest.raises(DataError, match=f"t: {rows:,} rows, not {tokens:,}"):
            names({other: (rows, 8), "u": (9,)}, tokens, other)


def test_padding_has_bounds() -> None:
    """Less than a 64th of the tokens and than 1,024 rows, to a multiple of 8."""
    for tokens, rows in (
        (151_669, 152_696),
        (151_669, 151_937),
        (20_000, 20_320),
        (20_000, 19_992),
    ):
        with pytest.raises(DataError, match=f"no tensor of {tokens:,} rows"):
            names({"lm_head.weight": (rows, 8), "u": (9,)}, tokens)
    assert names({"lm_head.weight": (20_304, 8), "u": (9,)}, 20_000) == ["lm_head.weight"]


def test_which_are_outputs() -> None:
    outputs = (
        "lm_head.weight lm_head.bias embed_out.weight output.weight language_model.output.weight "
        "transformer.output_layer.weight cls.predictions.decoder.weight cls/predictions/output_bias "
        "vocab_projector.weight MLM-Bias/bias:0 model.layers.61.shared_head.head.weight"
    )
    inputs = (
        "model.embed_tokens.weight transformer.wte.weight gpt_neox.embed_in.weight shared.weight "
        "model.tok_embeddings.weight model.decoder.embed_tokens.weight embeddings a.npy"
    )
    assert all(map(is_output, outputs.split()))
    assert not any(map(is_output, inputs.split()))
