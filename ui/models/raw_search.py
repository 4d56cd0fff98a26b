"""Searching the raw text of frames on disk in a worker thread, without ever holding up the window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal


class _Job(QRunnable):
    """One word looked for in one worker thread."""

    def __init__(self, owner: RawSearch, generation: int, word: str) -> None:
        super().__init__()
        self._owner = owner
        self._generation = generation
        self._word = word

    def run(self) -> None:
        """Search, and hand the result to the owner's thread."""
        if self._generation == self._owner.generation:
            try:
                seqs = frozenset(self._owner.search(self._word))
            except Exception:  # a closed or busy log finds nothing; what is in memory is found all the same
                seqs = frozenset()
            with suppress(RuntimeError):  # the window was closed meanwhile
                self._owner.finished.emit(self._generation, self._word, seqs)


class RawSearch(QObject):
    """Runs `search(text) -> seqs` for each word of the newest filter; results of older filters are dropped."""

    found = Signal(str, object)
    """A word of the newest filter, and the frozenset of seqs whose raw text contains it."""
    finished = Signal(int, str, object)

    def __init__(self, search: Callable[[str], Iterable[int]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.search = search
        self.generation = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self.finished.connect(self._done)

    def start(self, words: Iterable[str]) -> None:
        """Forget what is being searched and look for these words."""
        self.cancel()
        for word in words:
            self._pool.start(_Job(self, self.generation, word))

    def cancel(self) -> None:
        """Drop what waits; a search that runs already ends unheard."""
        self.generation += 1
        self._pool.clear()

    def close(self) -> None:
        """Wait until no worker runs any more."""
        self.cancel()
        self._pool.waitForDone()

    def _done(self, generation: int, word: str, seqs: frozenset[int]) -> None:
        if generation == self.generation:
            self.found.emit(word, seqs)
