"""Packs a snapshot of Optimum's facts into the repository: ``python -m tests.parity.pack snapshot.jsonl configs.json [name]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.parity.rows import DATA, from_snapshot, packed, write


def main(snapshot: str, configs: str, name: str = "rows") -> None:
    """Writes ``data/<name>.jsonl.gz`` and ``data/<name>.configs.json.gz``."""
    with Path(snapshot).open() as stream:
        lines = [json.dumps(packed(from_snapshot(json.loads(line))), separators=(",", ":")) for line in stream]
    write(DATA / f"{name}.jsonl.gz", "\n".join(lines) + "\n")
    values = json.loads(Path(configs).read_text())
    write(DATA / f"{name}.configs.json.gz", json.dumps(values, separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
