"""Files made to hang or to exhaust: each is refused with a SpecError within two seconds and 200 MiB.

Every case runs in a Python of its own, whose memory the system bounds; the time is that of the load or the build,
imports left out, in seconds of the processor: the machine may be busy with something else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SECONDS = 2.0
BYTES = 200 << 20

RUN = """
import json, resource, sys, time
import numpy, yaml, pydantic, shapespec
from shapespec import load_spec, SpecError
import shapespec.building.build, shapespec.building.fills, shapespec.expressions.arrays
import shapespec.building.numpy_backend
load_spec("bert").build(framework="numpy")

def used():
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[0]) * resource.getpagesize()

bound = {bytes}
resource.setrlimit(resource.RLIMIT_AS, (used() + bound, used() + bound))
started = time.process_time()
try:
    spec = load_spec("toy", paths=[{folder!r}])
    spec.build(framework="numpy", max_bytes={most})
    said, kind = "built", ""
except SpecError as error:
    said, kind = str(error), type(error).__name__
print(json.dumps({{"kind": kind, "said": said[:2000], "seconds": time.process_time() - started}}))
"""


def refuse(folder: Path, most: int = 1 << 20) -> str:
    """Loads and builds the folder's toy with its memory bounded; checks the time; returns the error's text."""
    code = RUN.format(bytes=BYTES, folder=str(folder), most=most)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout)
    assert result["kind"], f"nothing was refused: {result['said']}"
    assert result["seconds"] < SECONDS, result
    return f"{result['kind']}: {result['said']}"


pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bounds memory as Linux does")

MODEL = "components: {model: {inputs: {x: [n]}}}\n"


def bomb_of_aliases() -> str:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(levels)


def nested_blocks(depth: int) -> str:
    return "\n".join(" " * level + "a:" for level in range(depth))


TEXTS: dict[str, tuple[Callable[[], str], str]] = {
    "multiplying aliases": (bomb_of_aliases, "FileError.*anchors are refused"),
    "an alias to itself": (lambda: "architecture: toy\nmeta: &a [*a]", "anchors are refused"),
    "a custom tag": (lambda: "architecture: !!python/object/apply:os.system ['true']", "tags are refused"),
    "a tag of one's own": (lambda: "architecture: toy\nmeta: !include /etc/passwd", "tags are refused"),
    "merge keys": (lambda: "architecture: toy\n<<: {dims: {n: 1}}", "merge key"),
    "nested 20,000 deep in flow style": (lambda: "a: " + "[" * 20_000, "nested more than 40 deep"),
    "nested 20,000 deep in mappings": (lambda: "{a: " * 20_000, "nested more than 40 deep"),
    "nested 20,000 deep and closed": (lambda: "a: " + "[" * 20_000 + "]" * 20_000, "nested more than 40 deep"),
    "nested 600 deep in block style": (lambda: nested_blocks(600), "nested more than 40 deep"),
    "nested 2,000 deep in block style": (lambda: nested_blocks(2_000), "is larger than 262,144 bytes"),
    "nested 20,000 deep in dashes": (lambda: "- " * 20_000 + "x", "nested more than 40 deep"),
    "nested 20,000 deep in keys": (lambda: "? " * 20_000 + "x", "a key that is a list or a mapping|nested more"),
    "a scalar of 5,000 digits": (lambda: f"architecture: toy\ndims: {{n: {'9' * 5000}}}\n", "more than 2,000"),
    "an integer of 1,500 digits": (lambda: f"architecture: toy\ndims: {{n: {'9' * 1500}}}\n", "of 1500 digits"),
    "a key of 200,000 characters": (lambda: "k" * 200_000 + ": 1", "a scalar of more than 2,000|not YAML"),
    "a text of 200,000 characters": (lambda: "architecture: '" + "k" * 200_000 + "'", "a scalar of more than 2,000"),
    "too many values": (lambda: "architecture: toy\nmeta: {m: [" + "1," * 100_000 + "]}", "more than 20,000 values"),
    "too many keys": (
        lambda: "architecture: toy\n" + "\n".join(f"k{n}: 1" for n in range(25_000)),
        "more than 20,000 values",
    ),
    "as many unknown keys as are read": (
        lambda: "architecture: toy\n" + "\n".join(f"k{n}: 1" for n in range(9_900)),
        "unknown key `k0`.*unknown key `k1`",
    ),
    "as many broken expressions as are read": (
        lambda: "architecture: toy\ndims:\n" + "\n".join(f"  k{n}: {'(' * 12}" for n in range(9_900)),
        "is no expression",
    ),
    "as many texts cut by commas as are read": (
        lambda: "architecture: toy\ndims: {" + ", ".join(f"k{n}: f(a, b{n})" for n in range(4_000)) + "}",
        "a comma ends the text here",
    ),
    "brackets that never close": (lambda: "architecture: toy\ndims: {a: '" + "(" * 900 + "'}", "is no expression"),
    "deep parentheses": (
        lambda: f"architecture: toy\ndims: {{n: '{'(' * 450}1{')' * 450}'}}\n{MODEL}",
        "is no expression",
    ),
    "a chain of minuses": (
        lambda: f"architecture: toy\ndims: {{n: '{'-' * 900}1'}}\n{MODEL}",
        "more than 300 parts|is no expression",
    ),
    "powers of powers": (lambda: f"architecture: toy\ndims: {{n: 9**9**9}}\n{MODEL}", "raises to a power above 64"),
    "a list times a billion": (
        lambda: f"architecture: toy\ndims: {{n: 'len([0] * 10**9)'}}\n{MODEL}",
        "a list of more than 100,000 items",
    ),
    "lists of lists": (
        lambda: f"architecture: toy\nlet: {{a: '[0] * 90000', b: '[a] * 90000', n: len(b)}}\n{MODEL}",
        "a list of more than 100,000 items",
    ),
    "text that grows": (
        lambda: f"architecture: toy\ndims: {{n: \"len('%9999999999d' % 1)\"}}\n{MODEL}",
        "arithmetic on text",
    ),
    "a product of factorial size": (
        lambda: f"architecture: toy\ndims: {{n: 'prod(range(1, 100000))'}}\n{MODEL}",
        "does not fit 64 bits",
    ),
    "rounding to a billion digits": (
        lambda: f"architecture: toy\ndims: {{n: 'round(5, -10 ** 9)'}}\n{MODEL}",
        "rounds to -1,000,000,000 digits",
    ),
    "loops in loops": (
        lambda: "architecture: toy\ndims: {n: 'len([1 for a in range(9999) for b in range(9999) if a < 0])'}\n" + MODEL,
        "takes too long",
    ),
    "sums in loops": (
        lambda: "architecture: toy\ndims: {n: 'len([1 for a in range(99999) if sum(range(99999)) < 0])'}\n" + MODEL,
        "takes too long",
    ),
    "many loops, each within bounds": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: ["
            + ", ".join(["'len([1 for a in range(9999)])'"] * 5_000)
            + "]}}}\n"
        ),
        "takes too long",
    ),
    "names that double": (
        lambda: (
            "architecture: toy\nlet: {l0: 1, "
            + ", ".join(f"l{n}: 'l{n - 1} + l{n - 1} - l{n - 1} if True else l{n - 1}'" for n in range(1, 59))
            + "}\ndims: {n: 10 ** 15, m: {equals: l50}}\n"
            + MODEL.replace("n]", "n, m, l50]")
        ),
        "TooLargeError",
    ),
    "a chain of 9,000 names": (
        lambda: (
            "architecture: toy\nlet: {"
            + ", ".join(f"l{n}: l{n + 1}" for n in range(9_000))
            + ", l9000: 1}\n"
            + MODEL.replace("n]", "l0]")
        ),
        "names that depend on each other",
    ),
    "a repetition of a billion": (
        lambda: "architecture: toy\ncomponents: {model: {inputs: {x: {repeat: 10 ** 9, fields: {k: [1]}}}}}\n",
        "a whole number up to 4,096",
    ),
    "repetitions in repetitions": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: "
            + "{repeat: 4096, fields: {k: " * 6
            + "[1]"
            + "}}" * 6
            + "}}}\n"
        ),
        "takes too long",
    ),
    "repetitions of what is not there": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: "
            + "{repeat: 4096, fields: {k: " * 6
            + "{shape: [1], when: 1 == 2}"
            + "}}" * 6
            + "}}}\n"
        ),
        "takes too long",
    ),
    "components by the thousand": (
        lambda: (
            "architecture: toy\ncomponents:\n  a: {inputs: {"
            + ", ".join(f"x{n}: [1]" for n in range(2_000))
            + "}}\n"
            + "\n".join(f"  c{n}: {{like: a}}" for n in range(3_000))
        ),
        "200 at most",
    ),
    "as many components as there may be, each like a large one": (
        lambda: (
            "architecture: toy\ndims: {n: 10 ** 15}\ncomponents:\n  a: {inputs: {"
            + ", ".join(f"x{n}: [1]" for n in range(4_000))
            + "}}\n"
            + "\n".join(f"  c{n}: {{like: a}}" for n in range(199))
        ),
        "takes too long",
    ),
    "a chain of components": (
        lambda: (
            "architecture: toy\ncomponents:\n  c0: {inputs: {x: [1]}}\n"
            + "\n".join(f"  c{n}: {{like: c{n - 1}}}" for n in range(1, 199))
        ),
        "leads back to it",
    ),
    "a chain of inputs": (
        lambda: (
            "architecture: toy\ninputs:\n  i0: [1]\n"
            + "\n".join(f"  i{n}: {{like: i{n - 1}}}" for n in range(1, 3_000))
            + "\ncomponents: {model: {inputs: {i2999: {}}}}\n"
        ),
        "leads in a circle",
    ),
    "a formula of terabytes": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: {shape: [1], values: "
            "{formula: 'total(ones([10 ** 6, 10 ** 6]))'}}}}}\n"
        ),
        "far more than its tensor has",
    ),
    "a formula that spreads": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: {shape: [1], values: "
            "{formula: 'total(arange(10 ** 6)[:, None] * arange(10 ** 6))'}}}}}\n"
        ),
        "far more than its tensor has",
    ),
    "a formula of many arrays": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: {shape: [1], values: "
            "{formula: 'total(concat([ones([900000]) for i in range(900)]))'}}}}}\n"
        ),
        "far more than its tensor has",
    ),
    "placeholders by the billion": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: {shape: [1, 9], dtype: int, values: "
            "{integers: [0, 9], placeholders: [{token: 1, count: 10 ** 12, groups: 10 ** 12}]}}}}}\n"
        ),
        "do not fit into a row of 9",
    ),
    "a tensor of petabytes": (lambda: "architecture: toy\ndims: {n: 10 ** 15}\n" + MODEL, "TooLargeError"),
    "a tensor of a thousand axes": (
        lambda: "architecture: toy\ncomponents: {model: {inputs: {x: [" + ", ".join(["2"] * 1_000) + "]}}}\n",
        "TooLargeError|axes",
    ),
    "distinct values of a wide range": (
        lambda: (
            "architecture: toy\ncomponents: {model: {inputs: {x: {shape: [4096, 4096], dtype: int8, values: "
            "{integers: [0, 10 ** 15], distinct: rows}}}}}\n"
        ),
        "more than int8 holds",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_files_are_refused_in_time_and_memory(name: str, tmp_path: Path) -> None:
    import re

    text, expected = TEXTS[name]
    (tmp_path / "toy.yaml").write_text(text())
    found = refuse(tmp_path)
    assert re.search(expected, found, re.DOTALL), found[:600]


def test_a_file_of_100_megabytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "toy.yaml").open("wb") as stream:
        stream.write(b"architecture: toy\n")
        stream.truncate(100 << 20)
    assert "is larger than 262,144 bytes" in refuse(tmp_path)


def test_a_folder_of_hostile_neighbours_costs_nothing(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"bad_{number}.yaml").write_text("[" * 20_000)
    (tmp_path / "toy.yaml").write_text("architecture: toy\ndims: {n: 10 ** 15}\n" + MODEL)
    assert "TooLargeError" in refuse(tmp_path)


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin", "/proc/self/mem"])
def test_links_to_devices_are_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "toy.yaml").symlink_to(target)
    refuse(tmp_path)


def test_a_large_file_within_the_limits_is_read_in_time(tmp_path: Path) -> None:
    """The largest that the limits let through: refused only for what it asks to be built."""
    sizes = "\n".join(f"  size_{number}: {{value: {number + 1}, why: because it is so}}" for number in range(3_300))
    (tmp_path / "toy.yaml").write_text(f"architecture: toy\ndims:\n{sizes}\n  n: 10 ** 15\n{MODEL}")
    assert (tmp_path / "toy.yaml").stat().st_size > 140_000
    assert "TooLargeError" in refuse(tmp_path)
