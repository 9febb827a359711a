"""Models with grown matrices run, and say of old tokens what they said: a small twin in NumPy, and real ones of transformers.

torch and transformers are too large for the tests' extras; where they are missing the second half says so. To run it:
pip install torch transformers.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlptools.vocab.embeddings import init_embeddings
from nlptools.vocab.map import VocabMap

TOKENS, WIDTH = 40, 8
PIECES = [[3, 4], [5, 6, 7], [8], [9, 9, 10]]
MAP = VocabMap.of(
    range(TOKENS), PIECES, ["甲乙", "丙丁戊", "己", "庚辛"], base_size=TOKENS, unknown=None, extends=True
)  # fmt: skip
OLD = [[1, 3, 4, 5, 6, 7, 39], [8, 9, 9, 10, 2, 0, 11]]
NEW = [[1, TOKENS, TOKENS + 1, 39], [TOKENS + 2, TOKENS + 3, 2, 0]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- a twin in NumPy: embedding, a layer without attention, output matrix


def logits(ids: list[list[int]], arrays: Any) -> np.ndarray:
    """Every number is computed by itself (einsum), so that more rows change none of the others."""
    state = arrays["model.embed_tokens.weight"][ids].astype(np.float32)
    state = state / np.sqrt((state**2).mean(axis=-1, keepdims=True) + 1e-6)
    state = state + np.tanh(np.einsum("btd,de->bte", state, arrays["layer"]))
    output = arrays.get("lm_head.weight", arrays["model.embed_tokens.weight"])
    found = np.einsum("btd,vd->btv", state, output.astype(np.float32), optimize=False)
    return found + arrays.get("lm_head.bias", np.float32(0))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("dtype", ["<f4", "<f2"])
def test_forward_pass(tied: bool, dtype: str) -> None:
    """Old logits bit for bit; a new token's is the mean of its pieces', so it is likelier than they are on average never.

    The second: the mean of exponentials is at least the exponential of the mean (Jensen).
    """
    random = np.random.default_rng(3)
    arrays = {
        "model.embed_tokens.weight": random.normal(size=(TOKENS, WIDTH)).astype(dtype),
        "layer": random.normal(size=(WIDTH, WIDTH)).astype("<f4"),
    }
    if not tied:
        arrays["lm_head.weight"] = random.normal(size=(TOKENS, WIDTH)).astype(dtype)
        arrays["lm_head.bias"] = random.normal(size=TOKENS).astype(dtype)
    np.savez("a.npz", **arrays)
    init_embeddings("a.npz", MAP, "b.npz", pad_to=16)
    with np.load("b.npz") as file:
        grown = dict(file)
    assert grown["model.embed_tokens.weight"].shape == (48, WIDTH)
    before, after = logits(OLD, arrays), logits(OLD, grown)
    assert np.array_equal(after[..., :TOKENS], before)
    means = np.stack([before[..., pieces].mean(axis=-1) for pieces in PIECES], axis=-1)
    new = after[..., TOKENS : TOKENS + 4]
    tolerance = 1e-5 if dtype == "<f4" else 3e-2
    assert new == pytest.approx(means, abs=tolerance)
    most = np.stack([np.exp(before[..., pieces]).mean(axis=-1) for pieces in PIECES], axis=-1)
    assert (np.exp(new) <= most * (1 + tolerance)).all()
    # A row of padding is the mean of all: likelier than tokens are on average it is never.
    assert (
        np.exp(after[..., 44:]) <= np.exp(before).mean(axis=-1)[..., None] * (1 + tolerance)
    ).all()
    assert np.isfinite(logits(NEW, grown)).all()


# --- real models with random weights


def models() -> dict[str, Any]:
    """Name -> (class of the configuration, its numbers, most bytes in a file)."""
    common = {"vocab_size": TOKENS, "hidden_size": 16, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "intermediate_size": 24}
    llama = {**common, **heads, "num_key_value_heads": 2}
    gpt2 = {"vocab_size": TOKENS, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16}
    ends = {"bos_token_id": 0, "eos_token_id": 0}
    return {
        "llama-tied": ("LlamaConfig", {**llama, "tie_word_embeddings": True}, "1GB"),
        "llama-padded": ("LlamaConfig", {**llama, "vocab_size": 48, **ends}, "1GB"),
        "qwen2": ("Qwen2Config", {**llama, "tie_word_embeddings": False, **ends}, "1GB"),
        "qwen2-sharded": ("Qwen2Config", {**llama, "tie_word_embeddings": False, **ends}, "4KB"),
        "gpt2-sharded": ("GPT2Config", {**gpt2, **ends}, "6KB"),
        "gpt-neox": ("GPTNeoXConfig", {**common, **heads, **ends}, "1GB"),
        "phi": ("PhiConfig", {**llama, **ends}, "1GB"),
    }


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("torch", "transformers"))),
    reason="torch and transformers are not installed: pip install torch transformers",
)
@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", models())
def test_real_models(name: str, dtype: str) -> None:
    """Saved, grown and loaded: hidden states bit for bit, old logits to the last digits of the product of matrices."""
    import torch  # type: ignore[import-not-found, unused-ignore]
    import transformers  # type: ignore[import-not-found, unused-ignore]

    kind, numbers, most = models()[name]
    torch.manual_seed(5)
    config = getattr(transformers, kind)(**numbers)
    base = transformers.AutoModelForCausalLM.from_config(config).to(getattr(torch, dtype)).eval()
    base.save_pretrained("old", max_shard_size=most)
    report = init_embeddings("old", MAP, "new")
    assert len(list(Path("new").glob("*.safetensors"))) == len(
        list(Path("old").glob("*.safetensors"))
    )
    assert ("sharded" in name) == Path("new/model.safetensors.index.json").exists()
    load = transformers.AutoModelForCausalLM.from_pretrained
    kept = {"torch_dtype" if transformers.__version__ < "5" else "dtype": getattr(torch, dtype)}
    grown, info = load("new", output_loading_info=True, **kept)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    grown.eval()
    assert grown.config.vocab_size == len(MAP) == len(grown.get_input_embeddings().weight)
    with torch.no_grad():
        old, new = (model(torch.tensor(OLD), output_hidden_states=True) for model in (base, grown))
        assert torch.equal(old.hidden_states[-1], new.hidden_states[-1])
        expected = old.logits[..., :TOKENS].float()
        digits = 1e-5 if dtype == "float32" else 1e-2
        assert torch.allclose(new.logits[..., :TOKENS].float(), expected, rtol=digits, atol=digits)
        ran = grown(torch.tensor(NEW)).logits
    assert ran.shape == (2, 4, len(MAP))
    assert bool(torch.isfinite(ran.float()).all())
    tied = (
        grown.get_input_embeddings().weight.data_ptr()
        == grown.get_output_embeddings().weight.data_ptr()
    )
    assert tied == bool(config.tie_word_embeddings)
    assert [of.name for of in report.tensors if of.rescaled] == (
        [] if tied else [of.name for of in report.tensors if "embed_out" not in of.name and "lm_head" not in of.name]
    )  # fmt: skip
