"""Frozen defaults: what a config class derives, and a file states as a number: ``python -m tests.frozen [TYPE …]``.

A partial config, as people write one by hand, names a few attributes. The class works out the rest from them: so many
heads mean so many heads of keys, of such a size. A file's ``config:`` that says those as numbers keeps them where they
were. So one attribute at a time is changed, and the spec by name of the partial mapping compared with that of the
class's config made of the same mapping. No model is made; so that it stays cheap, deep models have fewer layers, too.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shapespec import Spec, SpecError, load_spec
from shapespec.libraries.transformers import package
from shapespec.registry.chain import Registry
from shapespec.registry.paths import file_name

#: What people change, where a config has it: beside what the spec reads, which may be derived from these.
CHANGED = (
    "num_attention_heads", "num_key_value_heads", "hidden_size", "num_hidden_layers", "vocab_size", "image_size",
    "patch_size", "d_model", "n_embd", "n_head", "n_layer", "num_heads", "num_layers", "embed_dim", "head_dim",
    "intermediate_size", "encoder_layers", "decoder_layers", "encoder_attention_heads", "decoder_attention_heads",
    "max_position_embeddings", "depths", "num_mel_bins", "expand", "state_size", "conv_kernel",
)  # fmt: skip

#: Attributes that are ids of tokens, no sizes.
_IDS = ("token_id", "token_index", "_id")

#: How many layers are enough where a part's attribute is changed.
_LAYERS = 4

#: The deepest part whose attributes are changed: `thinker_config.text_config.hidden_size`.
_DEEPEST = 3


@dataclass(frozen=True)
class Frozen:
    """One difference: the type, the attribute that was changed (nothing: the class's default config), its value, and
    what differs, by name against the class."""

    architecture: str
    attribute: str
    value: Any
    what: str

    def __str__(self) -> str:
        changed = f" {self.attribute}={self.value}" if self.attribute else ""
        return f"{self.architecture}{changed}: {self.what}"


def types() -> list[str]:
    """The model types that a file is there for and whose config class can be made of nothing."""
    package()
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    known = {stem for _, stem, _ in Registry().names("transformers")}
    return [name for name in CONFIG_MAPPING_NAMES if (file_name(name) or "").removesuffix(".yaml") in known]


def config_of(name: str, partial: Mapping[str, Any]) -> Any:
    """The class's config of a partial mapping, None where the class refuses it."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = CONFIG_MAPPING[name].from_dict(json.loads(json.dumps(partial)))
            config.to_dict()
    except Exception:  # whatever the class raises: it does not take it
        return None
    return config


def differences(name: str) -> Iterator[Frozen]:
    """Every difference of one type: of its default config, then of each attribute changed."""
    default = config_of(name, {})
    if default is None:
        return
    fault = difference(name, {}, default)
    if fault is not None:
        yield Frozen(name, "", None, fault)
    for path, value in changes(name, default):
        partial, config = _changed(name, default, path, value)
        found = None if config is None else difference(name, partial, config)
        # What the default has otherwise is told once.
        if found is not None and found != fault:
            yield Frozen(name, ".".join(path), value, found)


def changes(name: str, default: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each attribute that is changed, with its other value: twice what it was, or half where the class refuses that."""
    read: set[tuple[str, ...]] = set()
    try:
        provenance = load_spec(name, library="transformers").provenance
        assert provenance is not None
        read = {tuple(dotted.split("."))[1:] for dotted in provenance.resolved.config.reads}
    except SpecError:
        pass
    for path, value in _numbers(default, ()):
        if (path[-1] in CHANGED or path in read) and not path[-1].endswith(_IDS):
            other = next((v for v in _others(value) if config_of(name, _nested(path, v)) is not None), None)
            if other is not None:
                yield path, other


def _changed(name: str, default: Any, path: tuple[str, ...], value: Any) -> tuple[Any, Any]:
    """The partial mapping, and the class's config of it: with few layers, where the class takes that."""
    part = default
    for step in path[:-1]:
        part = getattr(part, step)
    # By its own name alone: classes set what other names stand for once the rest is derived.
    if vars(part).get("num_hidden_layers", 0) > _LAYERS and path[-1] != "num_hidden_layers":
        few = _nested(path[:-1], {path[-1]: value, "num_hidden_layers": _LAYERS})
        config = config_of(name, few)
        if config is not None:
            return few, config
    partial = _nested(path, value)
    return partial, config_of(name, partial)


def _numbers(config: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    for name, value in vars(config).items():
        if name.startswith("_"):
            continue
        if hasattr(value, "to_dict") and len(path) < _DEEPEST:
            yield from _numbers(value, (*path, name))
        elif isinstance(value, int) and not isinstance(value, bool) and value > 0:
            yield (*path, name), value


def _others(value: int) -> tuple[int, ...]:
    return (2 * value, value // 2) if value > 1 else (2,)


def _nested(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def difference(name: str, partial: Mapping[str, Any], config: Any) -> str | None:
    """What the spec by name has otherwise than that of the class's config; None where both are alike, or refused."""
    ours, our_error = _loaded(name, partial)
    theirs, their_error = _loaded(name, config)
    if our_error or their_error:
        both = our_error and their_error
        return None if both else f"by name {our_error or 'fine'}, the class {their_error or 'fine'}"
    assert ours is not None and theirs is not None
    a, b = _tensors(ours), _tensors(theirs)
    apart = [key for key in {**a, **b} if a.get(key) != b.get(key)]
    if not apart:
        return None
    nothing = (None,) * 3
    pairs = zip(a.get(apart[0], nothing), b.get(apart[0], nothing), strict=False)
    shown = next(pair for pair in pairs if pair[0] != pair[1])
    return f"{len(apart)} differ: {' '.join(apart[0])} is {shown[0]} by name, {shown[1]} of the class"


def _loaded(name: str, config: Any) -> tuple[Spec | None, str | None]:
    try:
        return load_spec(name, library="transformers", config=config), None
    except SpecError as error:
        return None, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def _tensors(spec: Spec) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Shapes, types and values of all inputs, shapes of all outputs."""
    found: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for plan in spec.plans:
        for tensor in plan.tensors():
            found[plan.name, tensor.name] = (tensor.shape, tensor.dtype, tensor.values)
        for tensor in plan.output_tensors():
            found[plan.name, "→", tensor.name] = (tensor.shape,)
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command. Its exit code is 1 where something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.frozen", description=__doc__)
    parser.add_argument("types", nargs="*", help="model types; all where none is named")
    parser.add_argument("--defaults", action="store_true", help="the class's default config alone")
    chosen = parser.parse_args(arguments)
    package().logging.set_verbosity_error()
    count = 0
    for name in chosen.types or types():
        for one in differences(name):
            if chosen.defaults and one.attribute:
                break
            print(one, flush=True)
            count += 1
    print(f"{count} differences")
    return bool(count)


if __name__ == "__main__":
    sys.exit(main())
