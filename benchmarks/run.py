"""Side-by-side measures; see README.md beside this file. Prints one line each, ratios first."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROUNDS = 9


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alternating(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Medians of both, measured in turn so that a noisy machine is noisy to both."""
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def python(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def cold() -> None:
    ours, theirs = alternating(
        python('from shapespec import load_spec; load_spec("bert")'),
        python("import yaml, pydantic; pydantic.BaseModel"),
    )
    print(f"cold load: {ours / theirs:.2f} × importing yaml and pydantic ({ours * 1e3:.0f} ms, {theirs * 1e3:.0f} ms)")


def warm() -> None:
    from shapespec import load_spec

    load_spec("bert")
    times = sorted(seconds(lambda: load_spec("bert")) for _ in range(2_000))
    print(f"warm load: {times[len(times) // 2] * 1e6:.0f} µs")


def cache() -> None:
    import torch

    from shapespec import load_spec

    spec = load_spec("llama", batch_size=8, past_sequence_length=256)
    shapes = [tensor.shape for tensor in spec.inputs("model_with_past").values()]

    def fill() -> list[torch.Tensor]:
        return [torch.full(shape, 0.5) for shape in shapes]

    ours, theirs = alternating(lambda: spec.build("model_with_past", flat=True), fill, rounds=5)
    size = spec.nbytes("model_with_past") / 2**30
    print(f"cache of {size:.1f} GiB: {ours / theirs:.2f} × filling with one number ({ours:.2f} s, {theirs:.2f} s)")


if __name__ == "__main__":
    cold(), warm(), cache()
