"""Long lines: as they come, whatever the pieces; a text in a file is the text, folded as the whole is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlptools.text import longtexts
from nlptools.text.corpus import Corpus
from nlptools.text.folding import folder
from nlptools.text.longtexts import LongText, slices

LINES = st.lists(
    st.tuples(
        st.text(st.sampled_from("天地玄黄，ＡＢΣ\U00020000é "), max_size=60),
        st.sampled_from(["\n", "\r", "\r\n"]),
    ).map("".join),
    max_size=6,
)


@given(lines=LINES, last=st.text(st.sampled_from("宇宙洪荒"), max_size=50), size=st.integers(1, 70))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_documents_are_the_same_wherever_they_lie(
    lines: list[str], last: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(longtexts, "MOST_HELD", 20)
    path = tmp_path / "text.txt"
    path.write_bytes("".join([*lines, last]).encode())

    def read(folder: Path | None) -> list[tuple[int, object]]:
        corpus = Corpus([path])
        corpus.block_size = 4 * size
        batches = list(corpus.documents(size, folder))
        texts = [text for batch in batches for text in batch.texts]
        if folder is not None:
            # What is longer than is held and a piece lies in the file.
            assert all(isinstance(text, str) or len(text) > 20 for text in texts)
            assert all(isinstance(t, LongText) for t in texts if len(t) > 20 + 4 * size + 4)
        numbers = [number for batch in batches for number in batch.numbers]
        return list(zip(numbers, map(str, texts), strict=True))

    assert read(tmp_path) == read(None)


def test_a_text_in_a_file_is_read_by_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(longtexts, "SLICE", 64)
    text = "第５Ｇ网络，Ａe\u0301Σ\U00020000" * 40
    stored = LongText((text[at : at + 7] for at in range(0, len(text), 7)), tmp_path)
    assert (len(stored), str(stored)) == (len(text), text)
    assert stored[5:90] == text[5:90] and stored[-3:] == text[-3:]
    assert stored[0] == text[0] and stored[-1] == text[-1]
    assert "".join(slices(stored)) == "".join(slices(text)) == text
    for names in ([], ["nfkc"], ["nfkc", "lower"]):
        fold = folder(names)
        whole = text + "\n" if fold is None else fold(text + "\n")
        assert str(stored.folded(fold, "\n")) == whole
