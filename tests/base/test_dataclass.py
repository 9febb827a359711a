"""Classes with annotated fields: what the standard library's dataclass does, in every form that is used."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any, ClassVar

import pytest

from nlptools.base.dataclass import dataclass

BOTH = pytest.mark.parametrize("make", [dataclass, dataclasses.dataclass], ids=["ours", "theirs"])


def classes(make: Any) -> tuple[Any, Any]:
    """A frozen class with all kinds of fields and a subclass of it, made by `make`."""

    @make(frozen=True)
    class Word:
        text: str
        count: int = 1
        kind: ClassVar[str] = "word"
        marks: list[str] = field(default_factory=list, repr=False)
        seen: Any = field(default=None, compare=False)
        length: int = field(init=False, default=0)

        def __post_init__(self) -> None:
            object.__setattr__(self, "length", len(self.text))

    @make(frozen=True, kw_only=True)
    class Named(Word):
        name: str

    return Word, Named


@dataclass(frozen=True)
class Pair:
    """To be pickled, a class has to have a place."""

    left: int
    right: tuple[int, ...] = ()


@dataclass
class Changing:
    number: int

    def __repr__(self) -> str:
        return f"<{self.number}>"


@BOTH
def test_fields_defaults_and_what_is_shown(make: Any) -> None:
    of_word, named_word = classes(make)
    word = of_word("天气", seen=3)
    assert repr(word).endswith(".Word(text='天气', count=1, seen=3, length=2)")
    assert vars(word) == {"text": "天气", "count": 1, "marks": [], "seen": 3, "length": 2}
    assert of_word("天气").marks is not word.marks
    assert [f.name for f in fields(of_word)] == ["text", "count", "marks", "seen", "length"]
    assert replace(word, count=2) == of_word("天气", 2)
    assert dataclasses.asdict(named_word("a", name="b"))["name"] == "b"
    assert of_word.kind == "word"


@BOTH
def test_equal_and_hashed_by_what_is_compared(make: Any) -> None:
    of_word, _ = classes(make)
    assert of_word("天", seen=1) == of_word("天", seen=2) != of_word("地")
    assert of_word("天") != ("天", 1, [], 0)
    hashed = make(frozen=True)(type("Hashed", (), {"__annotations__": {"a": "int"}}))
    assert hash(hashed(1)) == hash(hashed(1))
    unhashed = make(type("Unhashed", (), {"__annotations__": {"a": "int"}}))
    assert unhashed.__hash__ is None
    apart = make(frozen=True, eq=False)(type("Apart", (), {"__annotations__": {"a": "int"}}))
    assert apart(1) != apart(1)


@BOTH
@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), (("a", 1, [], None, 0), {}), (("a",), {"text": "b"}), (("a",), {"length": 1})],
)
def test_wrong_arguments(make: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    of_word, named_word = classes(make)
    with pytest.raises(TypeError):
        of_word(*given, **named)
    with pytest.raises(TypeError):
        named_word("a", 1, [], None, "name")


@BOTH
def test_frozen(make: Any) -> None:
    of_word, _ = classes(make)
    word = of_word("天")
    for change in (lambda: setattr(word, "text", "地"), lambda: delattr(word, "text")):
        with pytest.raises(FrozenInstanceError):
            change()


def test_pickled_and_changed() -> None:
    assert pickle.loads(pickle.dumps(Pair(1, (2,)))) == Pair(1, (2,))
    changing = Changing(1)
    changing.number = 2
    assert repr(changing) == "<2>" and changing == Changing(2)
