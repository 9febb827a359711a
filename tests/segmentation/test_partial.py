"""A part of a model cuts the texts it was made for as the whole does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlptools.segmentation.partial import part_for
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.spelling import notes_of
from nlptools.wordmodel.model import PLACES, WordModel, general_model

# Characters in two widths and forms, numerals and measure words, runs, a sign, one beyond the BMP.
CHARACTERS = "天地玄電电十三五点个Ｔt8.恤𠮷+"
WORDS = st.text(CHARACTERS, min_size=1, max_size=4)


@given(
    st.lists(WORDS, min_size=1, max_size=14, unique=True),
    st.lists(st.text(CHARACTERS + "，外", max_size=8), max_size=6),
    st.data(),
)
def test_a_part_cuts_as_the_whole(words: list[str], texts: list[str], data: st.DataObject) -> None:
    draw = st.lists(st.floats(-12, -0.5), min_size=len(words), max_size=len(words))
    places = np.arange(3 * len(PLACES)).reshape(3, -1)
    model = WordModel(
        words,
        *np.ones((2, len(words)), np.int64),
        np.array(data.draw(draw)),
        list("天玄電"),
        places,
        known=np.ones(len(words), bool) if data.draw(st.booleans()) else None,
    )
    part = part_for(model, "".join(texts))
    assert part.notes is not None
    assert part.notes.glued.tolist() == notes_of(part.words).glued.tolist()
    assert part.notes.counted.tolist() == notes_of(part.words).counted.tolist()
    whole = Segmenter.from_model(model).segment_batch(texts)
    assert Segmenter.from_model(part).segment_batch(texts) == whole


def test_of_the_general_model_a_tenth_remains() -> None:
    text = "他在云南买了三十五斤T恤"
    part = part_for(general_model(), text)
    assert len(part) < 0.2 * len(general_model())
    assert Segmenter.from_model(part).segment(text) == Segmenter.load().segment(text)
