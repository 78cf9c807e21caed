"""One seed, the same values: pinned here for good, alike in every framework, each tensor with a stream of its own."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapespec import Spec, load_spec
from shapespec.building.draws import BLOCK, Draw

#: One input of each kind of values. Sizes are odd, so that nothing lines up by chance.
EVERYTHING = """architecture: toy
dims: {b: 3, n: 7}
components:
  model:
    inputs:
      ids:
        shape: [b, n]
        dtype: int
        values: {integers: [3, 40], avoid: [5, 9], starts_with: 1, ends_with: 2, pad: 0, mask: mask}
      mask: {shape: [b, n], dtype: int, values: {mask: right}}
      left: {shape: [b, n], dtype: bool, values: {mask: left, least: 2}}
      images: {shape: [b, n], dtype: int, values: {integers: [0, 9], placeholders: [{token: 9, count: 2, start: 8}]}}
      uniform: {shape: [b, n], values: {uniform: [-1, 2]}}
      normal: {shape: [b, n], values: {normal: [0, 1]}}
      constant: {shape: [b, n], values: {constant: 0.1}}
      positions: {shape: [b, n], dtype: int, values: {arange: -1, start: 4, step: 2}}
      steps: {shape: [b, n], values: {arange: 0, start: 0.1, step: 0.3}}
      boxes: {shape: [b, n, 4], values: {boxes: xyxy}}
      corners: {shape: [b, n, 8], dtype: int, values: {boxes: corners, max: 1000}}
      one_hot: {shape: [b, n], dtype: int, values: {one_hot: true}}
      literal: {shape: [b, 3], dtype: int64, values: {literal: [1, 2, 3]}}
      choice: {shape: [b, n], values: {choice: [0.25, 0.1, 1000.7]}}
      distinct: {shape: [b, n], dtype: int32, values: {integers: [0, 50], distinct: rows}}
      ordered: {shape: [b, n], dtype: int16, values: {integers: [0, 50], ordered: true}}
      formula: {shape: [b, n], values: {formula: "(1 - mask) * -0.3 + ids"}}
      signs: {shape: [b, n], dtype: int8, values: {integers: [-3, 4]}}
      bytes: {shape: [b, n], dtype: uint8, values: {integers: [0, 256]}}
      flags: {shape: [b, n], dtype: bool, values: {integers: [0, 2]}}
      doubles: {shape: [b, n], dtype: float64, values: {uniform: [0, 1]}}
      halves: {shape: [b, n], dtype: float16, values: {uniform: [0, 1]}}
      scalar: {shape: [], values: {uniform: [0, 1]}}
      nothing: {shape: [0, n], values: {uniform: [0, 1]}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    (tmp_path / "toy.yaml").write_text(EVERYTHING)
    return load_spec("toy", paths=[tmp_path])


# -- pinned

GOLDEN_RAW = {
    (0, "input_ids"): [3325684281837952665, 15581563521212519038, 5260953528480446942],
    (1, "input_ids"): [16060521110777692573, 8498585757483283696, 4516960574840733913],
    (0, "pixel_values"): [8086679723968061972, 16435415070263294001, 13164647175199039715],
}


def test_the_stream_is_pinned() -> None:
    """Philox is numpy's promise; the key is ours. These numbers never change."""
    assert {key: Draw(*key).raw(3).tolist() for key in GOLDEN_RAW} == GOLDEN_RAW


def test_what_is_made_of_the_stream_is_pinned() -> None:
    draw = Draw(0, "x")
    assert [x.hex() for x in draw.unit(3).tolist()] == [
        "0x1.9ca3f20000000p-1", "0x1.1245a00000000p-2", "0x1.d339800000000p-5",
    ]  # fmt: skip
    assert [x.hex() for x in draw.bell(2).tolist()] == ["0x1.5b0f4739c1d02p-5", "-0x1.a43d23c74afa9p-5"]
    assert draw.below(1000, 5).tolist() == [903, 939, 514, 368, 744]


GOLDEN_BUILD: dict[str, list[Any]] = {
    "ids": [1, 31, 35, 38, 20, 10],
    "mask": [1, 1, 1, 1, 1, 1],
    "left": [1, 1, 1, 1, 1, 1],
    "images": [5, 8, 9, 9, 1, 6],
    "uniform": [1.610743, 0.876329, -0.529952, 0.58602, 0.284691, 1.505024],
    "normal": [-0.978349, -1.056341, -0.221369, -2.238933, 0.207309, 0.62531],
    "constant": [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
    "positions": [4, 6, 8, 10, 12, 14],
    "steps": [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
    "boxes": [0.438992, 0.525317, 0.99325, 0.991277, 0.062651, 0.131499],
    "corners": [384, 807, 495, 807, 495, 892],
    "one_hot": [0, 0, 0, 1, 0, 0],
    "literal": [1, 2, 3, 1, 2, 3],
    "choice": [0.25, 1000.700012, 0.25, 0.1, 1000.700012, 0.25],
    "distinct": [12, 10, 38, 33, 41, 11],
    "ordered": [6, 12, 15, 18, 41, 42],
    "formula": [1.0, 31.0, 35.0, 38.0, 20.0, 10.0],
    "signs": [1, -1, 3, 3, -2, -1],
    "bytes": [112, 96, 121, 114, 244, 255],
    "flags": [1, 1, 0, 0, 1, 1],
    "doubles": [0.562936, 0.953466, 0.360519, 0.913666, 0.689804, 0.246313],
    "halves": [0.633789, 0.415771, 0.301514, 0.031982, 0.911621, 0.073242],
    "scalar": [0.814032],
    "nothing": [],
}


def test_a_builds_values_are_pinned(spec: Spec) -> None:
    """Seed 7, the first values of each input. A change here breaks whoever recorded outputs for a seed."""
    built = spec.build(framework="numpy", seed=7)
    assert {name: _shown(array) for name, array in built.items()} == GOLDEN_BUILD


def _shown(array: np.ndarray) -> list[Any]:
    return [round(float(x), 6) if array.dtype.kind == "f" else int(x) for x in array.reshape(-1)[:6]]


# -- alike

DTYPES = ["float32", "float16", "bfloat16", "float64"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("int_dtype", ["int64", "int32"])
def test_numpy_and_torch_agree_to_the_last_bit(spec: Spec, dtype: str, int_dtype: str) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("ml_dtypes")
    arrays = spec.build(framework="numpy", dtype=dtype, int_dtype=int_dtype, seed=3)
    tensors = spec.build(framework="torch", dtype=dtype, int_dtype=int_dtype, seed=3)
    assert list(arrays) == list(tensors) == list(spec.inputs())
    for name, tensor in spec.inputs().items():
        found, other = arrays[name], tensors[name]
        wanted = tensor.dtype_as(dtype, int_dtype)
        assert str(found.dtype) == wanted and other.dtype == getattr(torch, wanted), name
        assert found.shape == tuple(other.shape) == tensor.shape, name
        assert np.array_equal(found.astype(np.float64), other.to(torch.float64).numpy()), name


def test_the_floats_of_different_types_are_roundings_of_each_other(spec: Spec) -> None:
    pytest.importorskip("ml_dtypes")
    full = spec.build(framework="numpy", dtype="float32")
    for dtype in ("float16", "bfloat16"):
        short = spec.build(framework="numpy", dtype=dtype)
        for name in ("uniform", "normal", "constant", "boxes", "choice"):
            assert np.array_equal(short[name], full[name].astype(short[name].dtype)), (dtype, name)
    double = spec.build(framework="numpy", dtype="float64")
    assert np.array_equal(double["uniform"], full["uniform"].astype(np.float64)) and double["constant"][0, 0] == 0.1


def test_the_same_seed_gives_the_same_and_another_another(spec: Spec) -> None:
    one, same, other = (spec.build(framework="numpy", seed=seed) for seed in (5, 5, 6))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["uniform"], other["uniform"])


@pytest.mark.parametrize("seed", [0, -1, 2**70, np.int64(5)])
def test_a_seed_is_any_whole_number(spec: Spec, seed: Any) -> None:
    found, plain = (spec.build(framework="numpy", seed=given)["ids"] for given in (seed, int(seed)))
    assert np.array_equal(found, plain)


def test_what_is_built_is_the_callers_own(spec: Spec) -> None:
    first = spec.build(framework="numpy")
    kept = copy.deepcopy(first)
    for array in first.values():
        assert array.flags.writeable and array.flags.c_contiguous
        array[...] = 1
    again = spec.build(framework="numpy")
    assert all(np.array_equal(again[name], kept[name]) for name in kept)
    addresses = {array.__array_interface__["data"][0] for array in again.values() if array.size}
    assert len(addresses) == sum(bool(array.size) for array in again.values())


# -- a stream of its own


def test_each_tensors_values_are_independent_of_the_others(spec: Spec, tmp_path: Path) -> None:
    """Taking inputs away, adding some and changing their order moves no other's values."""
    built = spec.build(framework="numpy", seed=1)
    lines = EVERYTHING.splitlines()
    head, inputs = lines[:9], [line for line in lines[9:] if not line.strip().startswith(("normal:", "boxes:"))]
    new = tmp_path / "new"
    new.mkdir()
    (new / "toy.yaml").write_text("\n".join([*head, "      extra: {shape: [b, n]}", *reversed(inputs)]) + "\n")
    other = load_spec("toy", paths=[new]).build(framework="numpy", seed=1)
    shared = [name for name in other if name != "extra"]
    assert len(shared) == len(built) - 2 and all(np.array_equal(built[name], other[name]) for name in shared)


def test_a_longer_draw_begins_as_a_shorter_one() -> None:
    assert Draw(1, "x").unit(1000)[:10].tolist() == Draw(1, "x").unit(10).tolist()


@given(st.integers(1, 2**63 - 1), st.integers(0, 50))
def test_below_stays_below(high: int, count: int) -> None:
    found = Draw(0, "x").below(high, count)
    assert found.shape == (count,) and (found >= 0).all() and (found < high).all()


# -- large tensors


@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_large_tensors_repeat_a_block(tmp_path: Path, framework: str) -> None:
    if framework == "torch":
        pytest.importorskip("torch")
    (tmp_path / "toy.yaml").write_text("architecture: toy\ndims: {n: 3}\ncomponents: {model: {inputs: {x: [2, n]}}}\n")
    rows = 2**20 + 11
    array = np.asarray(load_spec("toy", paths=[tmp_path], n=rows).build(framework=framework)["x"]).reshape(-1)
    block = array[:BLOCK]
    assert array.shape == (2 * rows,) and np.array_equal(array[BLOCK : 2 * BLOCK], block)
    assert np.array_equal(array[2 * BLOCK :], block[: array.size - 2 * BLOCK])
    small = load_spec("toy", paths=[tmp_path], n=500).build(framework="numpy")["x"].reshape(-1)
    assert np.array_equal(block[:1000], small)
    assert not np.array_equal(array.reshape(2, rows)[0, :1000], array.reshape(2, rows)[1, :1000])


# -- devices without values


def test_on_the_meta_device_there_are_shapes_alone(spec: Spec) -> None:
    torch = pytest.importorskip("torch")
    built = spec.build(framework="torch", device="meta", dtype="bfloat16")
    for name, tensor in spec.inputs().items():
        assert built[name].device.type == "meta" and tuple(built[name].shape) == tensor.shape
        assert built[name].dtype == getattr(torch, tensor.dtype_as("bfloat16"))


def test_under_fake_tensor_mode_tensors_are_fake(spec: Spec) -> None:
    torch = pytest.importorskip("torch")
    from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

    with FakeTensorMode():
        built = spec.build(framework="torch")
    assert all(isinstance(tensor, FakeTensor) and tensor.device.type == "cpu" for tensor in built.values())
    real = spec.build(framework="torch")
    assert not any(isinstance(tensor, FakeTensor) for tensor in real.values())
    assert all(built[name].dtype == real[name].dtype and built[name].shape == real[name].shape for name in real)
    assert real["ids"].dtype == torch.int64


def test_a_device_object_will_do(spec: Spec) -> None:
    torch = pytest.importorskip("torch")
    assert spec.build(device=torch.device("cpu"))["ids"].device.type == "cpu"


def test_a_default_dtype_or_device_of_torch_changes_nothing(spec: Spec) -> None:
    torch = pytest.importorskip("torch")
    before = spec.build()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.device("meta"):
            after = spec.build()
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(torch.equal(before[name], after[name]) and before[name].dtype == after[name].dtype for name in before)


def test_the_state_of_other_random_numbers_is_left_alone(spec: Spec) -> None:
    torch = pytest.importorskip("torch")
    np.random.seed(0)
    torch.manual_seed(0)
    expected = np.random.random(), torch.rand(1).item()
    np.random.seed(0)
    torch.manual_seed(0)
    spec.build()
    assert (np.random.random(), torch.rand(1).item()) == expected


def test_numpy_alone_needs_no_torch(spec: Spec) -> None:
    """The imports themselves are tested elsewhere; here, that a build asks for none."""
    before = set(sys.modules)
    spec.build(framework="numpy")
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("torch", "transformers")}
