"""Every shipped file is plain YAML: any reader of YAML 1.1 or 1.2 reads the same data from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from shapespec import load_spec
from shapespec.reading import read_file, read_text, yaml_reader
from shapespec.registry import builtin_root

FILES = sorted(builtin_root().rglob("*.yaml"))


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Where two readings differ, in a value or in its type."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and list(ours) == list(theirs):
        for key, value in ours.items():
            yield from differences(value, theirs[key], f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{path}/{number}")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{path}: {ours!r} and {theirs!r}"


def told(read: Any) -> list[str]:
    return [
        f"{path.name}{place}"
        for path in FILES
        for place in differences(read_file(path).data, read(path.read_text(encoding="utf-8")))
    ]


def test_pyyaml_s_own_reader_of_yaml_1_1_reads_the_same() -> None:
    assert told(lambda text: yaml.load(text, yaml.SafeLoader)) == []


def test_a_reader_of_yaml_1_2_reads_the_same() -> None:
    ruamel = pytest.importorskip("ruamel.yaml")
    reader = ruamel.YAML(typ="safe", pure=True)
    assert told(reader.load) == []


@pytest.mark.parametrize("text", ["a: no", "a: on", "a: 010", "a: 12:30", "a: 1e3", "no: 1"])
def test_the_test_can_fail(text: str) -> None:
    """What YAML 1.1 reads in another way is found."""
    assert list(differences(read_text(text).data, yaml.load(text, yaml.SafeLoader)))


def test_the_registry_is_read_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same data at the same places, by PyYAML's own reader."""
    with_libyaml = [read_file(path) for path in FILES]
    monkeypatch.setattr(yaml_reader, "_Loader", yaml.SafeLoader)
    for before, path in zip(with_libyaml, FILES, strict=True):
        without = read_file(path)
        assert (without.data, without.marks, without.key_marks) == (before.data, before.marks, before.key_marks)


def test_a_python_without_libyaml_loads_specs() -> None:
    """Where PyYAML was built without libyaml, `yaml` has no CSafeLoader at all."""
    import subprocess
    import sys

    code = (
        "import yaml\n"
        "del yaml.CSafeLoader\n"
        "from shapespec import load_spec\n"
        "from shapespec.reading import yaml_reader\n"
        "assert yaml_reader._Loader is yaml.SafeLoader\n"
        "print(sorted(load_spec('speecht5').inputs()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(sorted(load_spec("speecht5").inputs())), done.stderr
