"""Names of axes that are worked out: expressions in braces, and the function `text`."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapespec import GrammarError, SpecError, load_spec

HEAD = """# yaml-language-server: $schema=x
architecture: upscaler
config: {upscale: 4, kernels: [3, 5]}
dims: {width: 64}
"""


def _spec(folder: Path, axis: str):
    (folder / "upscaler.yaml").write_text(
        HEAD + "components:\n  model:\n    inputs: {pixel_values: [batch_size, width]}\n"
        f"    outputs: {{image: [batch_size, {{size: config.upscale * width, axis: '{axis}'}}]}}\n"
    )
    return load_spec("upscaler", paths=[folder])


@pytest.mark.parametrize(
    ("axis", "name"),
    [
        ("width * {config.upscale}", "width * 4"),
        ('{text("( ", width, [" - ", kernel_size], " )")}', None),
        (
            '{text(["( "] * 2, "width", [text(" - ", k, " )") for k in config.kernels])}',
            "( ( width - 3 ) - 5 )",
        ),
    ],
)
def test_braces_are_worked_out(tmp_path: Path, axis: str, name: str | None):
    if name is None:
        with pytest.raises(SpecError, match="kernel_size"):
            _spec(tmp_path, axis)
    else:
        assert _spec(tmp_path, axis).outputs()["image"].axes == {0: "batch_size", 1: name}


def test_a_name_without_braces_stays_as_it_is(tmp_path: Path):
    assert _spec(tmp_path, "height  * 2").outputs()["image"].axes[1] == "height  * 2"


def test_braces_that_hold_no_expression_are_refused(tmp_path: Path):
    with pytest.raises(GrammarError, match=r"upscaler\.yaml:8"):
        _spec(tmp_path, "width * {1 +}")


def test_text_is_bounded(tmp_path: Path):
    with pytest.raises(SpecError, match="10,000 characters"):
        _spec(tmp_path, '{text(["ab"] * 99999)}')
