"""Real model classes with random weights, from the spec's `tiny` config."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from shapespec.errors import CheckError, MissingPackageError


def import_package(name: str) -> Any:
    """A library by the name of its package. Raises :class:`MissingPackageError`."""
    try:
        return importlib.import_module(name)
    except ImportError:
        wanted = "shapespec[transformers]" if name == "transformers" else name.replace("_", "-")
        expected = f"`pip install {wanted}`"
        raise MissingPackageError(f"{name} is not installed", argument="check", expected=expected) from None


def import_transformers() -> Any:
    """transformers. Raises :class:`MissingPackageError`."""
    transformers = import_package("transformers")
    transformers.logging.set_verbosity_error()
    return transformers


def model_class(name: str, architecture: str) -> Any:
    """A model class by name: exported by transformers, or found in its model type's own module.

    Raises:
        CheckError: transformers has no such class.
    """
    transformers = import_transformers()
    said = f"transformers {transformers.__version__}"
    if not name.isidentifier():
        raise CheckError(f"{said} has no class `{name}`", argument="heads")
    found = getattr(transformers, name, None)
    if found is not None:
        return only_model(found, name, said)
    from transformers.models.auto.configuration_auto import model_type_to_module_name

    module = model_type_to_module_name(architecture)
    try:
        found = getattr(importlib.import_module(f"transformers.models.{module}.modeling_{module}"), name)
    except (ImportError, AttributeError):
        raise CheckError(f"{said} has no class `{name}`", argument="heads") from None
    return only_model(found, name, said)


def only_model(found: Any, name: str, library: str) -> Any:
    """What a library has under a name, if it is a class of models: nothing else is made because a file names it.

    Raises:
        CheckError: it is something else, or stands in for a class whose packages are missing.
    """
    import torch

    if isinstance(found, type) and issubclass(found, torch.nn.Module):
        return found
    missing = getattr(found, "_backends", None)
    if isinstance(found, type) and missing:
        raise CheckError(f"`{name}` needs {', '.join(missing)}, not all of which is installed", argument="heads")
    raise CheckError(f"`{name}` of {library} is no class of models", argument="heads", expected="a torch module")


def called_part(owner: Any, name: str) -> Any:
    """A part of a model by name: another module, or a method that the model's own class brings along.

    What all models of a library share (saving, loading, pushing) is not for a file to call; `get_…` only looks.

    Raises:
        CheckError: there is none, or it is not for a file to call.
    """
    import torch

    found = getattr(owner, name, None) if not name.startswith("_") else None
    if isinstance(found, torch.nn.Module) or (callable(found) and (name.startswith("get_") or _is_own(owner, name))):
        return found
    raise CheckError(
        f"`{type(owner).__name__}` has no part `{name}` to call",
        argument="call",
        expected="a module of the model, or a method of its own class",
    )


def _is_own(owner: Any, name: str) -> bool:
    """Whether a method comes from a class among a library's models, rather than from what these are derived from."""
    home = next((cls.__module__ for cls in type(owner).__mro__ if name in vars(cls)), "")
    return ".models." in home and not home.endswith(".modeling_utils")


def tiny_config(architecture: str, cls: Any, values: Mapping[str, Any]) -> Any:
    """The class's own kind of config with the tiny values: the one that transformers maps the model type to."""
    transformers = import_transformers()
    mapping = transformers.CONFIG_MAPPING
    known = architecture in mapping
    config_class = mapping[architecture] if known else cls.config_class  # its `get` would not load what is lazy
    return config_class(**values)


#: Words of a config by which libraries load code or weights from somewhere, at the end of a key.
_LOADING = (
    "attn_implementation", "experts_implementation", "auto_map", "checkpoint_path", "pretrained_cfg",
    "pretrained_cfg_overlay", "cache_dir",
)  # fmt: skip


def only_data(values: Any, where: str) -> None:
    """Raises :class:`CheckError` where a config from a file would have a library load code or weights."""
    for key, value in values.items() if isinstance(values, Mapping) else ():
        if str(key).endswith(_LOADING):
            raise CheckError(f"`{key}` in `{where}` loads what the file names", argument=where, expected="sizes alone")
        only_data(value, where)


def make_model(cls: Any, config: Any) -> Any:
    """The model, in evaluation mode, with weights that are the same each time."""
    return made(lambda: cls(config))


def made(work: Callable[[], Any]) -> Any:
    """What ``work`` makes, in evaluation mode, with weights that are the same each time."""
    import torch

    torch.manual_seed(0)
    model = work().eval()
    _wake(model)
    return model


def _wake(model: Any) -> None:
    """Gives numbers to weights that start as zeros, or as whatever lay in memory.

    Gates and projections that are shut until trained would hide what lies behind them, and with it whether an input or
    a cache is right. Some classes leave experts uninitialised, since checkpoints fill them (Qwen3OmniMoeTalkerModel in
    Transformers 5.23): their numbers may be anything, NaN included.
    """
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.is_floating_point() and parameter.numel() and not _is_sane(parameter):
                parameter.normal_(std=0.05)


def _is_sane(parameter: Any) -> bool:
    largest = float(parameter.abs().max())
    return 0 < largest < 1e3  # NaN compares false
