"""Close codes in words."""

from __future__ import annotations

import pytest

from emulator.transports.close_codes import close_sentence, readable


@pytest.mark.parametrize("code", [*range(1000, 1016), 2999, 3000, 3999, 4000, 4999, 0, 65535])
def test_every_code_has_one_sentence_that_names_it(code: int) -> None:
    sentence = close_sentence(code)
    assert str(code) in sentence
    assert sentence.endswith(".")
    assert sentence.count(".") == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1000, "normal"),
        (1001, "going away"),
        (1002, "violation"),
        (1006, "cut"),
        (1008, "rules"),
        (1009, "too big"),
        (1011, "inside"),
        (1012, "restarts"),
        (1013, "later"),
        (4001, "its own code 4001"),
        (3100, "registered"),
        (2000, "unknown"),
    ],
)
def test_sentences(code: int, words: str) -> None:
    assert words in close_sentence(code)


def test_the_reason_is_quoted_in_one_line() -> None:
    sentence = close_sentence(1008, "station\nblocked\x1b[31m" + "x" * 500)
    assert 'saying "station blocked' in sentence
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert len(sentence) < 250


def test_readable_keeps_what_is_short() -> None:
    assert readable("grün ist gut") == "grün ist gut"
