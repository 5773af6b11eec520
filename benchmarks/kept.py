"""Figures that are kept in a file while a benchmark runs, so that it can go on from them."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Kept:
    """Figures by key, in a JSON file that other processes may write as well; without a file, in memory alone."""

    def __init__(self, path: Path | None, again: Callable[[str], bool] = lambda key: False) -> None:
        self.path = path
        self.again = again  # whether what the file has under a key is to be measured anew
        self.own: dict[str, Any] = {}
        self.found = self._read()

    def _read(self) -> dict[str, Any]:
        """Give what the file has."""
        if self.path is None or not self.path.exists():
            return {}
        found: dict[str, Any] = json.loads(self.path.read_text())
        return found

    def get(self, key: str) -> Any:
        """Give the figures under a key, or None."""
        if key in self.own:
            return self.own[key]
        return None if self.again(key) else self.found.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep figures, in the file beside what others have written there meanwhile."""
        self.own[key] = value
        if self.path is not None:
            self.found = self._read() | self.own
            whole = self.path.with_name(f"{self.path.name}.{os.getpid()}")
            whole.write_text(json.dumps(self.found, indent=0))
            whole.replace(self.path)
