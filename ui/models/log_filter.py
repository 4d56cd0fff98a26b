"""What the message log shows: a filter as a value, and the matcher that applies it to blocks of rows."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, compress
from time import perf_counter

from ui.models.log_rows import ANSWERED, LONE, OVERDUE, PROBLEM, SENT, Block, LogRows

_WORDS = re.compile(r'"([^"]+)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class LogFilter:
    """All conditions hold together; an empty one does not count. Times are POSIX seconds of the station clock.

    `text` is words that all must occur (quoted: a phrase), in action, summary, answer, message id or raw text, in any
    case; `sent`: True only sent, False only received; `verdict`: "", "problem", "good" or "waiting".
    """

    text: str = ""
    sent: bool | None = None
    verdict: str = ""
    actions: frozenset[str] = frozenset()
    hidden_actions: frozenset[str] = frozenset()
    evse: int = 0
    transaction: str = ""
    after_s: float | None = None
    before_s: float | None = None
    marked: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words and phrases of the text, case-folded, without repetition."""
        return tuple(dict.fromkeys((phrase or word).casefold() for phrase, word in _WORDS.findall(self.text)))

    @property
    def everything(self) -> bool:
        """Whether every row passes."""
        return self == LogFilter(text=self.text) and not self.words


class Matcher:
    """A filter made ready: `raw` holds per word the seqs of frames whose raw text has it, `marks` the marked seqs."""

    def __init__(
        self, wanted: LogFilter, *, raw: Mapping[str, frozenset[int]] | None = None, marks: frozenset[int] = frozenset()
    ) -> None:
        self.filter = wanted
        self.words = sorted(wanted.words, key=len, reverse=True)  # a long word leaves fewer rows for the next
        self._raw = dict(raw or {})
        self._marks = marks
        self._mask, self._bits = _flag_test(wanted)

    def matches(self, block: Block, start: int, stop: int) -> list[int]:
        """Indexes of the rows of a block from `start` to `stop` (exclusive) that pass, ascending."""
        rows: Iterable[int] = range(start, stop)
        if self.filter.actions or self.filter.hidden_actions:
            rows = self._by_action(block, rows)
        if self._mask:
            mask, bits, flags = self._mask, self._bits, block.flags
            rows = [row for row in rows if flags[row] & mask == bits]
        if self.filter.verdict == "problem":
            flags = block.flags
            rows = [row for row in rows if flags[row] & PROBLEM]
        rows = self._by_facts(block, rows)
        for word in self.words:
            rows = self._by_word(block, word, rows)
        return list(rows)

    def _by_action(self, block: Block, rows: Iterable[int]) -> Iterable[int]:
        wanted = (self.filter.actions or block.action_names) - self.filter.hidden_actions
        if wanted.isdisjoint(block.action_names):
            return []
        if wanted >= block.action_names:
            return rows
        if isinstance(rows, range) and len(rows) == len(block):
            return list(compress(rows, map(wanted.__contains__, block.actions)))
        return [row for row in rows if block.actions[row] in wanted]

    def _by_facts(self, block: Block, rows: Iterable[int]) -> Iterable[int]:
        wanted = self.filter
        if wanted.evse:
            rows = [row for row in rows if block.evses[row] == wanted.evse]
        if wanted.transaction:
            rows = [row for row in rows if block.transactions[row] == wanted.transaction]
        if wanted.after_s is not None:
            rows = [row for row in rows if block.times[row] >= wanted.after_s]
        if wanted.before_s is not None:
            rows = [row for row in rows if block.times[row] <= wanted.before_s]
        if wanted.marked:
            rows = [row for row in rows if block.seqs[row] in self._marks]
        return rows

    def _by_word(self, block: Block, word: str, rows: Iterable[int]) -> Iterable[int]:
        actions = {name for name in block.action_names if word in name.casefold()}
        if actions >= block.action_names:
            return rows
        rows = rows if isinstance(rows, range) else list(rows)
        if len(rows) < len(block) // 4:
            listed = block.rows_with(word, rows)
        else:
            listed = block.rows_with(word)
            if len(rows) < len(block):
                listed = sorted(set(listed).intersection(rows))
        answers = {name for name in block.answer_names if word in name.casefold()}
        seqs = self._raw.get(word)
        if not actions and not answers and not seqs:
            return listed
        found = set(listed)
        if actions:
            found.update(row for row in rows if block.actions[row] in actions)
        if answers:
            found.update(row for row in rows if block.answers[row] in answers)
        if seqs:
            found.update(row for row in rows if block.seqs[row] in seqs or block.answer_seqs[row] in seqs)
        return sorted(found)


def _flag_test(wanted: LogFilter) -> tuple[int, int]:
    """Mask and value for the row flags that direction and verdict ask for."""
    mask = bits = 0
    if wanted.sent is not None:
        mask, bits = SENT, SENT if wanted.sent else 0
    if wanted.verdict == "good":
        mask |= PROBLEM | ANSWERED
        bits |= ANSWERED
    elif wanted.verdict == "waiting":
        mask |= ANSWERED | LONE | OVERDUE
    return mask, bits


class Scan:
    """A filter on its way through rows that are there already, newest block first, in slices of time."""

    def __init__(self, rows: LogRows, matcher: Matcher, end: int) -> None:
        self._rows = rows
        self._matcher = matcher
        self.position = end
        """Rows from this ordinal on have been looked at."""

    @property
    def done(self) -> bool:
        """Whether every row has been looked at."""
        return self.position <= self._rows.first

    def step(self, budget_s: float) -> array[int]:
        """Look at further blocks for about `budget_s`; ordinals that pass, ascending, all before those found so far."""
        until = perf_counter() + budget_s
        parts: list[list[int]] = []
        while not self.done:
            block = self._rows.at(self.position - 1)[0]
            first = max(block.base, self._rows.first)
            base = block.base
            found = self._matcher.matches(block, first - base, self.position - base)
            parts.append([base + index for index in found])
            self.position = first
            if perf_counter() >= until:
                break
        return array("q", chain.from_iterable(reversed(parts)))


def search(rows: LogRows, matcher: Matcher, ordinal: int, *, forward: bool) -> Iterator[int | None]:
    """Ordinals that pass from a row on, without that row; None after each block, so that a caller can pause."""
    spans = rows.spans(ordinal + 1, rows.end) if forward else rows.spans(rows.first, ordinal)[::-1]
    for block, start, stop in spans:
        found = matcher.matches(block, start, stop)
        yield from (block.base + index for index in (found if forward else reversed(found)))
        yield None
