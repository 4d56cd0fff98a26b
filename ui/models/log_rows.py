"""The rows of the message log, kept small: blocks of columns, 150 bytes a row, a million rows and more.

A row is known by its ordinal, which counts from 0 since the log was cleared and never changes; old rows fall off at
the front. Summary and message id of a full block are one run of bytes: that is both the smallest way to keep them and
the quickest to search.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import compress, repeat
from math import isnan, nan
from operator import contains
from typing import NamedTuple

BLOCK_ROWS = 512  # the text of a block fits the cache of a core, which halves the time of a search
FEW = 25
MAX_SHARED = 20_000
MAX_NAME = 64

SENT = 1  # the CALL went from the station to the CSMS
ANSWERED = 2
BROKEN = 4  # malformed, against the schema, an answer without a request
REFUSED = 8  # the answer is a CALLERROR or a status that is not agreement
OVERDUE = 16  # no answer within the time-out
LONE = 32  # not a CALL: no answer will come
PROBLEM = BROKEN | REFUSED | OVERDUE

_SEPARATOR = "\x1f"
_ASCII = re.compile(r"[\x21-\x7e]+")


class Row(NamedTuple):
    """One row of the log as it stands now; `latency_ms` is nan and `answer_seq` 0 while there is no answer."""

    ordinal: int
    seq: int
    time_s: float
    flags: int
    action: str
    summary: str
    message_id: str
    answer: str
    latency_ms: float
    answer_seq: int
    evse: int
    transaction: str

    @property
    def sent(self) -> bool:
        """Whether the station sent the request (of a lone answer: the answer)."""
        return bool(self.flags & SENT)

    @property
    def problem(self) -> bool:
        """Whether the verdict is a cross."""
        return bool(self.flags & PROBLEM)

    @property
    def waiting(self) -> bool:
        """Whether an answer may still come."""
        return not self.flags & (ANSWERED | LONE | OVERDUE)

    @property
    def answered(self) -> bool:
        """Whether the answer is known."""
        return not isnan(self.latency_ms) or bool(self.flags & ANSWERED)


class Block:
    """Up to 512 rows in columns; `texts` becomes one `blob` with `starts` when the block is full."""

    __slots__ = (
        "action_names",
        "actions",
        "answer_names",
        "answer_seqs",
        "answers",
        "base",
        "blob",
        "evses",
        "flags",
        "latencies",
        "seqs",
        "starts",
        "texts",
        "times",
        "transactions",
    )

    def __init__(self, base: int) -> None:
        self.base = base
        self.seqs = array("q")
        self.times = array("d")
        self.flags = bytearray()
        self.evses = array("h")
        self.latencies = array("f")
        self.answer_seqs = array("q")
        self.actions: list[str] = []
        self.answers: list[str] = []
        self.transactions: list[str] = []
        self.action_names: set[str] = set()
        self.answer_names: set[str] = set()
        self.texts: list[bytes] = []
        self.blob = b""
        self.starts = array("I")

    def __len__(self) -> int:
        return len(self.seqs)

    def text(self, index: int) -> bytes:
        """Summary and message id of a row, in UTF-8, with a separator between."""
        if not self.starts:
            return self.texts[index]
        return self.blob[self.starts[index] : self.starts[index + 1] - 1]

    def whole_text(self) -> bytes:
        """The texts of all rows, one per line."""
        return self.blob if self.starts else b"\n".join(self.texts)

    def seal(self) -> None:
        """Turn the texts of a full block into one run of bytes."""
        self.blob = b"\n".join(self.texts)
        start = 0
        for text in self.texts:
            self.starts.append(start)
            start += len(text) + 1
        self.starts.append(start)
        self.texts = []

    def rows_with(self, word: str, rows: Iterable[int] | None = None) -> list[int]:
        """Indexes of rows whose summary or message id contains `word` (case-folded); of all rows or those given."""
        if not word.isascii():
            plain = max(_ASCII.findall(word), key=len, default="")  # found quickly; what is left is looked at closely
            rows = self.rows_with(plain, rows) if plain else range(len(self)) if rows is None else rows
            return [row for row in rows if word in self.text(row).decode().casefold()]
        if rows is not None:
            needle = word.encode()
            return [row for row in rows if needle in self.text(row).lower()]
        text = self.whole_text().lower().decode("latin-1")  # a str is searched six times faster than bytes
        if word not in text:
            return []
        if text.count(word) <= FEW and self.starts:
            return self._rows_at(text, word)
        return list(compress(range(len(self)), map(contains, text.split("\n"), repeat(word))))

    def _rows_at(self, text: str, word: str) -> list[int]:
        """Rows in which a word occurs that occurs a few times only."""
        found = []
        at = text.find(word)
        while at >= 0:
            row = bisect_right(self.starts, at) - 1
            found.append(row)
            at = text.find(word, self.starts[row + 1])
        return found


def one_line(text: str) -> str:
    """The text with every character that cannot be printed as a space (line breaks above all)."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


class LogRows:
    """The rows in ascending order of `seq`; append, fill in the answer, drop at the front, look up."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.first = 0
        self.end = 0
        self._shared: dict[str, str] = {}

    def __len__(self) -> int:
        return self.end - self.first

    def append(
        self,
        *,
        seq: int,
        time_s: float,
        flags: int,
        action: str,
        summary: str,
        message_id: str,
        evse: int,
        transaction: str,
    ) -> int:
        """Add a row at the end and return its ordinal; `seq` must be above that of the row before."""
        if not self.blocks or len(self.blocks[-1]) == BLOCK_ROWS:
            if self.blocks:
                self.blocks[-1].seal()
            self.blocks.append(Block(self.end))
        block = self.blocks[-1]
        block.seqs.append(seq)
        block.times.append(time_s)
        block.flags.append(flags)
        block.evses.append(evse)
        block.latencies.append(nan)
        block.answer_seqs.append(0)
        name = self._share(one_line(action[:MAX_NAME]))
        block.actions.append(name)
        block.action_names.add(name)
        block.answers.append("")
        block.transactions.append(self._share(transaction) if transaction else "")
        text = f"{one_line(summary)}{_SEPARATOR}{one_line(message_id[:MAX_NAME])}"
        block.texts.append(text.encode("utf-8", "replace"))
        self.end += 1
        return self.end - 1

    def answer(
        self, ordinal: int, *, seq: int, text: str, flags: int, latency_ms: float, transaction: str = ""
    ) -> None:
        """Fill in a row's answer; `flags` are added to the row's."""
        block, index = self.at(ordinal)
        shared = self._share(one_line(text))
        block.answers[index] = shared
        block.answer_names.add(shared)
        block.answer_seqs[index] = seq
        block.latencies[index] = latency_ms
        block.flags[index] = (block.flags[index] | flags | ANSWERED) & ~OVERDUE
        if transaction and not block.transactions[index]:
            block.transactions[index] = self._share(transaction)

    def at(self, ordinal: int) -> tuple[Block, int]:
        """The block that holds a row, and the row's index in it."""
        offset = ordinal - self.blocks[0].base
        return self.blocks[offset // BLOCK_ROWS], offset % BLOCK_ROWS

    def row(self, ordinal: int) -> Row:
        """One row, decoded."""
        block, index = self.at(ordinal)
        summary, _, message_id = block.text(index).decode().partition(_SEPARATOR)
        return Row(
            ordinal,
            block.seqs[index],
            block.times[index],
            block.flags[index],
            block.actions[index],
            summary,
            message_id,
            block.answers[index],
            block.latencies[index],
            block.answer_seqs[index],
            block.evses[index],
            block.transactions[index],
        )

    def find(self, seq: int) -> int | None:
        """The ordinal of the row whose request has this seq."""
        number = bisect_left(self.blocks, seq + 1, key=lambda block: block.seqs[0]) - 1
        if number < 0:
            return None
        block = self.blocks[number]
        index = bisect_left(block.seqs, seq)
        ordinal = block.base + index
        if index == len(block) or block.seqs[index] != seq or ordinal < self.first:
            return None
        return ordinal

    def spans(self, first: int, end: int) -> list[tuple[Block, int, int]]:
        """Blocks with the indexes from..to (exclusive) that hold the rows from `first` to `end` (exclusive)."""
        first, end = max(first, self.first), min(end, self.end)
        found = []
        while first < end:
            block, index = self.at(first)
            stop = min(len(block), index + end - first)
            found.append((block, index, stop))
            first += stop - index
        return found

    def drop(self, count: int) -> int:
        """Forget the `count` oldest rows; returns how many of them had a problem."""
        problems = 0
        for block, start, stop in self.spans(self.first, self.first + count):
            problems += sum(1 for flag in block.flags[start:stop] if flag & PROBLEM)
        self.first = min(self.first + count, self.end)
        while self.blocks and self.blocks[0].base + len(self.blocks[0]) <= self.first:
            del self.blocks[0]
        return problems

    def around(self, ordinal: int, before: int, after: int) -> list[Row]:
        """Up to `before` rows before one, the row, and up to `after` rows after it, oldest first."""
        return [self.row(at) for at in range(max(self.first, ordinal - before), min(self.end, ordinal + after + 1))]

    def previous_of_kind(self, row: Row) -> Row | None:
        """The last row before this one with the same action and direction."""
        for block, start, stop in reversed(self.spans(self.first, row.ordinal)):
            if row.action not in block.action_names:
                continue
            for index in range(stop - 1, start - 1, -1):
                if block.actions[index] == row.action and bool(block.flags[index] & SENT) == row.sent:
                    return self.row(block.base + index)
        return None

    def _share(self, text: str) -> str:
        """The same text as one object, so that a row costs a pointer; the table is emptied before it grows large."""
        found = self._shared.get(text)
        if found is None:
            if len(self._shared) >= MAX_SHARED:
                self._shared.clear()
            self._shared[text] = found = text
        return found
