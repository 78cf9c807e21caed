"""Packs Optimum's facts into the repository: ``python -m tests.parity.pack snapshot.jsonl configs.json [name]``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.parity.rows import DATA, from_snapshot, packed, write


def main(snapshot: str, configs: str, name: str = "rows") -> None:
    """Writes ``data/<name>.jsonl.gz`` and ``data/<name>.configs.json.gz``."""
    with Path(snapshot).open() as stream:
        lines = [json.dumps(packed(from_snapshot(json.loads(line))), separators=(",", ":")) for line in stream]
    write(DATA / f"{name}.jsonl.gz", "\n".join(lines) + "\n")
    values = {key: _with_added(key, value) for key, value in json.loads(Path(configs).read_text()).items()}
    write(DATA / f"{name}.configs.json.gz", json.dumps(values, separators=(",", ":"), sort_keys=True))


def _with_added(config_id: str, config: dict[str, Any]) -> dict[str, Any]:
    """A config with what its id says was added: of two of the U-Net's, only the id says it."""
    found = re.search(r"\+ (?:SDXL|LCM) (\{.*\})$", config_id)
    return {**config, **json.loads(found[1])} if found else config


if __name__ == "__main__":
    main(*sys.argv[1:])
