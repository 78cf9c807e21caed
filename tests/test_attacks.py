"""Files made to run something: nothing that a file names is imported or called because the file says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shapespec import CheckError, GrammarError, load_spec, validate

ATTACKS = Path(__file__).parent / "attacks"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The attacks in a folder of their own, which is the current one: what they leave there is found."""
    monkeypatch.chdir(tmp_path)
    for path in ATTACKS.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def nothing_ran(folder: Path) -> bool:
    return {path.suffix for path in folder.iterdir()} == {".yaml"}


def test_a_container_is_no_way_to_a_command(folder: Path) -> None:
    (problem,) = [p for p in validate([folder / "runs_a_command.yaml"]) if "container" in p.message]
    assert str(problem) == (
        f"{folder}/runs_a_command.yaml:8:16: unknown container `object`\n"
        "     8 |     container: object\n"
        "       |                ^^^^^^\n"
        "  expected: one of `dict`, `list`, `tuple`, `model_output`, `moe_model_output`, `moe_model_output_with_past`, "
        "`moonshine_encoder_output`, `moonshine_streaming_encoder_output`, "
        "`nemotron_asr_streaming_encoder_output`, `parakeet_encoder_output`, "
        "`udop_encoder_output`, `esmfold2_atom_inputs`, `cache_layer`, `dynamic_cache`, `encoder_decoder_cache`, "
        "`minimax_cache`, `xlstm_cache`"
    ).replace(f"{folder}/", "" if problem.location and "/" not in problem.location.file else f"{folder}/")
    with pytest.raises(GrammarError, match="unknown container `object`"):
        load_spec("runs_a_command", paths=[folder])
    assert nothing_ran(folder)


@pytest.mark.models
def test_check_refuses_it_too(folder: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking import check_architecture

    with pytest.raises(GrammarError, match="unknown container `object`"):
        check_architecture("runs_a_command", paths=[folder])
    assert nothing_ran(folder)


def test_no_container_takes_a_module_or_a_class(folder: Path) -> None:
    text = (folder / "runs_a_command.yaml").read_text().replace("container: object", "container: model_output")
    (folder / "runs_a_command.yaml").write_text(text)
    with pytest.raises(GrammarError, match="a `model_output` takes no option `module`"):
        load_spec("runs_a_command", paths=[folder])
    assert any("takes no option `module`" in problem.message for problem in validate([folder / "runs_a_command.yaml"]))
    for options, said in (
        ("module: '\"os\"'", "takes no option `module`"),
        ("sliding_windw: 4", "did you mean `sliding_window`"),
        ("configs.a: 4", "expected: one of `layer_type`, `sliding_window`, `number_of_states`, `seen`, `config.…`"),
    ):
        (folder / "toy.yaml").write_text(
            "architecture: toy\ncomponents: {model: {inputs: {cache: {container: dynamic_cache, repeat: 1, "
            f"options: {{{options}}}, fields: {{key: [1, 2, 3, 4]}}}}}}}}}}\n"
        )
        with pytest.raises(GrammarError, match=said):
            load_spec("toy", paths=[folder])


def test_the_nearest_container_is_named(folder: Path) -> None:
    (folder / "toy.yaml").write_text("architecture: toy\ninputs: {x: {container: dynamic_cach, fields: {a: [1]}}}\n")
    (problem,) = [problem for problem in validate([folder / "toy.yaml"]) if "container" in problem.message]
    assert (problem.message, problem.suggestion) == ("unknown container `dynamic_cach`", "dynamic_cache")


def test_a_path_to_call_leads_nowhere_but_to_parts(folder: Path) -> None:
    found = {problem.message for problem in validate([folder / "reaches_into_python.yaml"])}
    assert {f"`{path}` is no path of attributes" for path in ("forward.__globals__", "__class__()")} <= found
    for path in ("a..b", "a.", "a(1)", "_private", "a.b(", "a\\n"):
        (folder / "toy.yaml").write_text(f'architecture: toy\ncomponents: {{model: {{call: "{path}"}}}}\n')
        with pytest.raises(GrammarError, match="is no path of attributes"):
            load_spec("toy", paths=[folder])


@pytest.mark.models
def test_check_calls_no_method_that_all_models_share(folder: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking import check_architecture

    found = check_architecture("calls_what_it_names", component="saves", paths=[folder])
    results = [result for result in found if result.proof == "forward"]  # others read what is written
    assert results
    assert {result.outcome for result in results} == {"failed"}
    assert all("`BertModel` has no part `save_pretrained` to call" in str(result.reason) for result in results)
    assert nothing_ran(folder)


@pytest.mark.models
@pytest.mark.parametrize("name", ["set_seed", "BertConfig", "AutoModel", "testing_utils", "__name__", "os.system"])
def test_heads_are_model_classes(name: str) -> None:
    pytest.importorskip("transformers")
    from shapespec.libraries.transformers import import_class

    with pytest.raises(CheckError, match=r"is no class of models|has no class"):
        import_class(name, "bert")


@pytest.mark.models
def test_a_head_that_is_no_model_fails_the_check(folder: Path) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking import check_architecture

    path = folder / "calls_what_it_names.yaml"
    path.write_text(path.read_text().replace("BertModel", "pipeline"))
    (result,) = check_architecture("calls_what_it_names", paths=[folder])
    assert result.outcome == "failed"
    assert "CheckError" in str(result.reason) and "`pipeline`" in str(result.reason)


@pytest.mark.models
@pytest.mark.parametrize("tiny", ["_attn_implementation: a/b", "text_config: {auto_map: {AutoModel: a--b}}"])
def test_a_tiny_config_loads_no_code(folder: Path, tiny: str) -> None:
    pytest.importorskip("transformers")
    from shapespec.checking import check_architecture

    path = folder / "calls_what_it_names.yaml"
    path.write_text(path.read_text().replace("tiny: {", f"tiny: {{{tiny}, "))
    (result,) = check_architecture("calls_what_it_names", paths=[folder])
    assert "loads what the file names" in str(result.reason)
