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
    found = getattr(transformers, name, None)
    if found is not None:
        return found
    from transformers.models.auto.configuration_auto import model_type_to_module_name

    module = model_type_to_module_name(architecture)
    try:
        return getattr(importlib.import_module(f"transformers.models.{module}.modeling_{module}"), name)
    except (ImportError, AttributeError):
        raise CheckError(f"transformers {transformers.__version__} has no class `{name}`", argument="heads") from None


def tiny_config(architecture: str, cls: Any, values: Mapping[str, Any]) -> Any:
    """The class's own kind of config with the tiny values: the one that transformers maps the model type to."""
    transformers = import_transformers()
    mapping = transformers.CONFIG_MAPPING
    known = architecture in mapping
    config_class = mapping[architecture] if known else cls.config_class  # its `get` would not load what is lazy
    return config_class(**values)


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
