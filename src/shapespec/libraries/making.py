"""Real models with random weights, made with care: only classes of models, from sizes alone, the same each time."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from shapespec.errors import CheckError, MissingPackageError
from shapespec.libraries.waking import empty_memory_told, wake


def import_package(name: str) -> Any:
    """A library by the name of its package. Raises :class:`MissingPackageError`."""
    try:
        return importlib.import_module(name)
    except ImportError:
        wanted = "shapespec[transformers]" if name == "transformers" else name.replace("_", "-")
        expected = f"`pip install {wanted}`"
        raise MissingPackageError(f"{name} is not installed", argument="check", expected=expected) from None


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


def made(work: Callable[[], Any]) -> Any:
    """What ``work`` makes, in evaluation mode, with weights that are the same each time and let every input through
    (see :mod:`shapespec.libraries.waking`)."""
    import torch

    torch.manual_seed(0)
    with empty_memory_told():
        model = work().eval()
    wake(model)
    return model


def laid_over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A config's values over those that others share with it, mappings by key."""
    found = dict(common)
    for key, value in own.items():
        below = found.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            value = laid_over(below, value)
        found[key] = value
    return found
