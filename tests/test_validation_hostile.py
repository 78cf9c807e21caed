"""No file, however hostile, takes more than two seconds or 200 MiB, leads out of its folder, or ends in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shapespec import validate
from shapespec.reading.limits import DEFAULT_LIMITS

SECONDS = 2.0
MIB = 200

HEAD = """# yaml-language-server: $schema=https://example.org/architecture.schema.json
architecture: bomb
extends: text-encoder
"""
HEADS = "heads: {feature-extraction: AModel}\n"
CONFIG = "config: {vocab_size: 9, hidden_size: 8}\n"
BODY = HEAD + HEADS + CONFIG


def lines(template: str, count: int) -> str:
    return "".join(template.format(i=i, j=i + 1) for i in range(count))


#: name → (text, a word of the first problem; nothing where the file is merely large and fine)
CASES = {
    "aliases": (HEAD + "let: {a: &a [1], b: *a}\n", "anchor `&a`"),
    "laughs": ("a: &a [x,x]\n" + lines("b{i}: &b{j} [*a,*a]\n", 50), "anchor `&a`"),
    "tag": (HEAD + "meta: !!python/object/apply:os.system [true]\n", "tag"),
    "deep lists": (HEAD + "meta: " + "[" * 20_000 + "]" * 20_000, "nested more than"),
    "deep mappings": (HEAD + "meta: " + "{a: " * 20_000 + "}" * 20_000, "nested more than"),
    "deep blocks": (HEAD + "meta:\n" + "".join(f"{' ' * (i + 1)}a:\n" for i in range(1_000)), "nested more than"),
    "digits": (HEAD + f"dims: {{a: {'9' * 5_000}}}\n", "a scalar of more than"),
    "digits that fit": (HEAD + f"dims: {{a: {'9' * 1_900}}}\n", "digits"),
    "many keys": (HEAD + lines("k{i}: 1\n", 9_000), "unknown key `k0`"),
    "many bad names": (HEAD + "dims:\n" + lines("  {i}x: 1\n", 9_000), "`0x` is no name"),
    "many bad expressions": (HEAD + "dims:\n" + lines("  k{i}: 'a +'\n", 9_000), "is no expression"),
    "many unused names": (BODY + "dims:\n" + lines("  k{i}: 1\n", 9_000), "nothing uses the size `k0`"),
    "long line": (BODY + "let: {" + lines("k{i}: 1, ", 9_000) + "}\n", "nothing uses the `let` name `k0`"),
    "many components": (BODY + "components:\n" + lines("  c{i}: {{like: model}}\n", 4_000), "has 4,000 entries"),
    "many heads": (HEAD + CONFIG + "heads:\n" + lines("  t{i}: [A{i}, B{i}]\n", 5_000), ""),
    "many variants": (BODY + "variants:\n" + lines("  v{i}: {{}}\n", 9_000), "more than 300 heads and variants"),
    "brackets": (HEAD + f"dims: {{a: '{'(' * 900}'}}\n", "no expression"),
    "minus": (HEAD + f"dims: {{a: '{'-' * 900}1'}}\n", "dims"),
    "long loop": (BODY + "let: {vocab_size: 'sum([1 for a in range(1000) for b in range(90)])'}\n", ""),
    "lists of lists": (BODY + "let: {vocab_size: 'len([[0]*90000 for i in range(20000)])'}\n", "takes too long"),
    "power": (BODY + "let: {vocab_size: '9**64**64'}\n", "64"),
    "doubling": (
        BODY + "let:\n  v0: '[1,2]'\n" + lines("  v{j}: '[v{i}, v{i}]'\n", 40) + "  vocab_size: 'len(v40)'\n",
        "",
    ),
    "long chain": (BODY + "let:\n  v0: 1\n" + lines("  v{j}: v{i}\n", 3_000) + "  vocab_size: v3000\n", "depend"),
    "circle": (BODY + "let: {vocab_size: type_vocab_size, type_vocab_size: vocab_size}\n", "depends on itself"),
    "repetition": (
        BODY + "inputs: {input_ids: {repeat: 4096, fields: {a: {repeat: 4096, fields: {b: [4]}}}}}\n",
        "",
    ),
    "long shape": (BODY + f"inputs: {{input_ids: {{shape: [{', '.join(['1'] * 20_000)}]}}}}\n", ""),
    "controls": (HEAD + "meta: \x1b[31m\n", ""),
    "null bytes": (HEAD + "meta: \x00\n", ""),
}

MEASURED = """
import resource, sys, time
from shapespec.cli import main
start = time.process_time()
code = main(["validate", sys.argv[1]])
spent = time.process_time() - start  # the work, whatever else the machine is busy with
if sys.platform == "linux":  # ru_maxrss would count what the process that started this one holds
    peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
print(f"MEASURED {code} {spent} {peak}")
"""


@pytest.mark.parametrize("name", CASES)
@pytest.mark.skipif(sys.platform == "win32", reason="resource is a module of Unix")
def test_a_hostile_file_is_a_problem_in_time(name: str, tmp_path: Path) -> None:
    text, expected = CASES[name]
    (tmp_path / "bomb.yaml").write_text(text)
    run = [sys.executable, "-c", MEASURED, str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    told, _, measured = done.stdout.rpartition("MEASURED ")
    code, spent, peak = measured.split()
    assert code in ("0", "1")
    assert "hit a bug" not in done.stderr
    assert expected in told or "is larger than" in told  # most never get as far as what they try
    assert float(spent) < SECONDS
    assert float(peak) < MIB
    assert "\x1b" not in told  # nothing in a file steers the terminal


def test_binary_and_huge_files(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"architecture: x\xff\xfe\x00")
    (tmp_path / "huge.yaml").write_bytes(b"#" * (2 << 20))
    (tmp_path / "wide.yaml").write_text(HEAD, encoding="utf-16")
    binary, huge, wide = validate([tmp_path])
    assert "is not UTF-8: byte 15 is 0xff" in binary.message
    assert huge.message == f"is larger than {DEFAULT_LIMITS.file_bytes:,} bytes"
    assert "is not UTF-8" in wide.message


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shapes = tmp_path / "shapes"
    for folder in (outside, shapes):
        folder.mkdir()
    (outside / "secret.yaml").write_text("architecture: secret\n")
    (shapes / "file.yaml").symlink_to(outside / "secret.yaml")
    (shapes / "folder").symlink_to(outside)
    (shapes / "here").symlink_to(shapes)
    (shapes / "circle.yaml").symlink_to("circle.yaml")
    (shapes / "nowhere.yaml").symlink_to("missing.yaml")
    found = {Path(p.location.file).name: p.message for p in validate([shapes]) if p.location}
    assert found["file.yaml"] == f"a link that leads out of {shapes}"
    assert found["folder"] == f"a link that leads out of {shapes}"
    assert set(found) == {"file.yaml", "folder", "circle.yaml", "nowhere.yaml", "shapes"}
    assert "secret" not in str(found)


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    found = {Path(p.location.file).name: p.message for p in validate([tmp_path]) if p.location}
    assert found["folder.yaml"] == "a folder that is named as a YAML file"
    assert found["pipe.yaml"] == "is no regular file"
    (problem,) = validate([tmp_path / "pipe.yaml"])
    assert problem.message == "is no regular file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "closed.yaml").write_text(HEAD)
    (tmp_path / "folder").mkdir()
    (tmp_path / "closed.yaml").chmod(0)
    (tmp_path / "folder").chmod(0)
    try:
        found = {Path(p.location.file).name: p.message for p in validate([tmp_path]) if p.location}
    finally:
        (tmp_path / "folder").chmod(0o700)
    assert found["closed.yaml"] == "Permission denied"
    assert found["folder"] == "Permission denied"


def test_missing_and_empty(tmp_path: Path) -> None:
    (problem,) = validate([tmp_path / "nosuch"])
    assert problem.message == "can't be read: No such file or directory"
    (problem,) = validate([tmp_path])
    assert problem.message == "there is no YAML file in this folder"


def test_hidden_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".git", "shapes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "broken.yaml").write_text("[")
    (problem,) = validate([tmp_path])
    assert problem.location is not None
    assert problem.location.file == str(tmp_path / "shapes" / "broken.yaml")


def test_a_parent_that_leads_out_of_the_folder_is_no_parent(tmp_path: Path) -> None:
    (tmp_path / "transformers").mkdir()
    (tmp_path / "secret.yaml").write_text("family: secret\n")
    path = tmp_path / "transformers" / "bomb.yaml"
    for parent in ("../secret", "/etc/passwd", "..", "a/../../secret"):
        path.write_text(HEAD.replace("text-encoder", parent))
        problems = validate([path])
        assert problems
        assert all("secret.yaml" not in str(problem) for problem in problems)
