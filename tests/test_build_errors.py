"""What a build refuses, and that it does so before it takes memory."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from shapespec import MissingPackageError, Spec, SpecError, TooLargeError, UnknownNameError, load_spec
from shapespec.building.memory import UNASKED_BYTES, check_bytes, shown

TOY = """architecture: toy
dims: {batch_size: 2, n: 8}
components:
  model: {inputs: {x: [batch_size, n], ids: {shape: [batch_size, n], dtype: int, values: {integers: [0, 9]}}}}
  other: {aliases: [second], inputs: {y: [n]}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    (tmp_path / "toy.yaml").write_text(TOY)
    return load_spec("toy", paths=[tmp_path])


def fault(spec: Spec, kind: type[SpecError], **call: Any) -> str:
    with pytest.raises(kind) as caught:
        spec.build(**{"framework": "numpy", **call})
    return str(caught.value)


# -- names


def test_unknown_names_are_told_with_the_argument_and_the_near_one(spec: Spec) -> None:
    pytest.importorskip("torch")
    assert fault(spec, UnknownNameError, framework="jax") == (
        "framework: unknown framework `jax`\n  expected: one of `torch`, `numpy`"
    )
    assert fault(spec, UnknownNameError, framework="numpi").endswith("did you mean `numpy`?")
    assert fault(spec, UnknownNameError, dtype="flaot16") == (
        "dtype: unknown dtype `flaot16`\n  expected: one of `float32`, `float16`, `bfloat16`, `float64`\n"
        "  did you mean `float16`?"
    )
    assert fault(spec, UnknownNameError, int_dtype="int16") == (
        "int_dtype: unknown dtype `int16`\n  expected: one of `int64`, `int32`\n  did you mean `int64`?"
    )
    assert fault(spec, UnknownNameError, component="modle") == (
        "component: unknown component `modle`\n  expected: one of `model`, `other`\n  did you mean `model`?"
    )


def test_components_may_be_asked_for_by_their_other_names(spec: Spec) -> None:
    assert list(spec.build("second", framework="numpy")) == ["y"] == list(spec.build("other_model", framework="numpy"))
    assert list(spec.build(framework="numpy")) == ["x", "ids"]  # the first one


@pytest.mark.parametrize("device", ["cud", "cuda:x", "", 3.5, "privateuseone", "cpu:99:1"])
def test_unknown_devices_of_torch_are_told(spec: Spec, device: Any) -> None:
    pytest.importorskip("torch")
    text = fault(spec, UnknownNameError, framework="torch", device=device)
    assert text.startswith("device: ")


def test_devices_that_are_not_there_are_told(spec: Spec) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        for device in ("cuda", "cuda:1"):
            text = fault(spec, UnknownNameError, framework="torch", device=device)
            assert text == f"device: there is no device `{device}` here\n  expected: `cpu` or `meta`"
    else:
        text = fault(spec, UnknownNameError, framework="torch", device=f"cuda:{torch.cuda.device_count()}")
        assert "expected: an index below" in text
    if not torch.backends.mps.is_available():
        assert "there is no device `mps` here" in fault(spec, UnknownNameError, framework="torch", device="mps")


@pytest.mark.parametrize("device", ["cuda", "meta", "mps"])
def test_numpy_has_one_device(spec: Spec, device: str) -> None:
    assert fault(spec, UnknownNameError, device=device) == (
        f"device: numpy has no device `{device}`\n  expected: `cpu`, or framework='torch'"
    )


@pytest.mark.parametrize("dtype", [3, float, ["float32"], "torch.float32", "f4"])
def test_odd_dtypes_are_unknown_ones(spec: Spec, dtype: Any) -> None:
    assert fault(spec, UnknownNameError, dtype=dtype).startswith("dtype: unknown dtype")


@pytest.mark.parametrize("seed", [None, 1.5, "0", True])
def test_a_seed_is_a_whole_number(spec: Spec, seed: Any) -> None:
    assert fault(spec, SpecError, seed=seed) == f"seed: `{seed!r}` is no number\n  expected: a whole number"


# -- bytes


@pytest.mark.parametrize("most", [1.5, "1GB", True])
def test_max_bytes_is_a_whole_number(spec: Spec, most: Any) -> None:
    assert fault(spec, SpecError, max_bytes=most).startswith(f"max_bytes: `{most!r}` is no number")


def test_a_build_of_just_max_bytes_goes_through_and_of_one_less_does_not(spec: Spec) -> None:
    needed = spec.nbytes()
    assert needed == 2 * 8 * (4 + 8)
    spec.build(framework="numpy", max_bytes=needed)
    assert fault(spec, TooLargeError, max_bytes=needed - 1) == (
        "max_bytes: `model` needs 192 bytes, more than 191 bytes\n  expected: smaller sizes, or a larger max_bytes"
    )
    assert "needs 96 bytes" in fault(spec, TooLargeError, max_bytes=0, dtype="float16", int_dtype="int32")


@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_absurd_sizes_are_refused_before_anything_is_allocated(tmp_path: Path, framework: str) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    (tmp_path / "toy.yaml").write_text(TOY)
    spec = load_spec("toy", paths=[tmp_path], batch_size=10**9, n=10**6)
    spec.nbytes()
    tracemalloc.start()
    started = time.process_time()
    try:
        text = fault(spec, TooLargeError, framework=framework)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 1
    assert text.startswith("device: `model` needs 11175870.9 GiB (12,000,000,000,000,000 bytes), and `cpu` has ")
    assert text.endswith("expected: smaller sizes, a smaller dtype, or another device (`meta` takes no memory)")
    assert fault(spec, TooLargeError, framework=framework, max_bytes=10**9).startswith("max_bytes: ")


def test_the_meta_device_takes_no_memory_but_has_its_bound_too(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "toy.yaml").write_text(TOY)
    large = load_spec("toy", paths=[tmp_path], batch_size=10**9, n=10**6)
    assert tuple(large.build(device="meta")["x"].shape) == (10**9, 10**6)
    beyond = load_spec("toy", paths=[tmp_path], batch_size=2**62, n=2**62)
    with pytest.raises(TooLargeError, match="more than any device holds"):
        beyond.build(device="meta")


def test_what_is_free_is_asked_for_large_builds_alone() -> None:
    asked = []

    def free() -> int | None:
        asked.append(1)
        return 2 * UNASKED_BYTES

    check_bytes(UNASKED_BYTES - 1, None, free, "model", "cpu")
    assert not asked
    check_bytes(2 * UNASKED_BYTES, None, free, "model", "cpu")
    with pytest.raises(TooLargeError):
        check_bytes(2 * UNASKED_BYTES + 1, None, free, "model", "cpu")
    check_bytes(10**12, None, lambda: None, "model", "cpu")  # where the system does not tell, nothing is refused


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1,023 bytes"), (1024, "1.0 KiB (1,024 bytes)"),
     (3 << 29, "1.5 GiB (1,610,612,736 bytes)")],
)  # fmt: skip
def test_bytes_for_people(count: int, text: str) -> None:
    assert shown(count) == text


# -- missing packages

BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(f"no {{name}} here")

sys.meta_path.insert(0, Blocker())
from shapespec import MissingPackageError, load_spec
spec = load_spec("toy", paths=[{folder!r}])
try:
    spec.build({call})
except MissingPackageError as error:
    print(error)
else:
    print("built")
"""


def without(blocked: set[str], folder: Path, call: str) -> str:
    """What a build says in a Python that lacks some packages."""
    code = BLOCKER.format(blocked=blocked, folder=str(folder), call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


CACHE = """architecture: toy
components:
  model:
    inputs:
      cache:
        repeat: 2
        container: dynamic_cache
        fields: {key: [1, 2, 3, 4], value: [1, 2, 3, 4]}
"""


def test_missing_packages_are_told_with_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY)
    assert without({"torch"}, tmp_path, "") == (
        "framework: torch is not installed\n  expected: `pip install shapespec[torch]`, or framework='numpy'"
    )
    assert without({"torch", "transformers", "ml_dtypes"}, tmp_path, "framework='numpy'") == "built"
    assert without({"ml_dtypes"}, tmp_path, "framework='numpy', dtype='bfloat16'") == (
        "dtype: numpy has no bfloat16 of its own\n  expected: `pip install ml_dtypes`, or framework='torch'"
    )


def test_a_cache_without_transformers_is_told_and_its_flat_tensors_are_not_needing_it(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "toy.yaml").write_text(CACHE)
    assert without({"transformers"}, tmp_path, "") == (
        "flat: transformers is not installed, and this input is one of its objects\n"
        "  expected: `pip install shapespec[transformers]`, or flat=True for the tensors alone"
    )
    assert without({"transformers"}, tmp_path, "flat=True") == "built"
    assert without({"transformers", "torch"}, tmp_path, "framework='numpy'") == "built"


def test_missing_packages_are_a_spec_error(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackageError):
        spec.build(framework="torch")
    with pytest.raises(MissingPackageError):
        spec.dynamic_shapes()
