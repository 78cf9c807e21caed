"""The facade: what one model takes, and everything that can be done with it. It stands above all that makes a spec and
all that works with one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapespec.contracts.instantiate import Instance, instantiate
from shapespec.contracts.model import Contract
from shapespec.contracts.size import Size, sizes_as_data
from shapespec.errors import ContractError, UnknownNameError, unknown
from shapespec.libraries import Home
from shapespec.plan import ComponentPlan, TensorSpec
from shapespec.resolving.call import checked_names, checked_sizes, requested

if TYPE_CHECKING:
    from shapespec.contracts.explain import Explanation
    from shapespec.resolving.explain import Provenance
    from shapespec.resolving.instead import OnRequest
    from shapespec.resolving.load import Resolved
    from shapespec.writing.inputs import Saved


def load_spec(
    target: Any,
    *,
    task: str | None = None,
    model_class: str | None = None,
    config: Any = None,
    library: str | None = None,
    variant: str | None = None,
    paths: Sequence[str | Path] = (),
    include: str | Sequence[str] = (),
    padding: str | None = None,
    **sizes: int,
) -> Spec:
    """What a model takes.

    Args:
        target: an architecture's name (Transformers' ``model_type``; ``-`` and ``_`` are the same), a transformers
            config, or a live model, whose class and config then decide; or a contract: a path that ends in ``.json``,
            or what :attr:`Spec.contract` is. What a spec of a live model builds has the model's dtype and lies on its
            device, as they are now.
        task: one of the architecture's tasks, also with ``-with-past``; the default one where not given.
        model_class: the class by name, instead of a task.
        config: a path to a ``config.json``, a mapping (partial is fine: the YAML's defaults fill it), an object, or a
            live model, where its class serves several architectures, as an autoencoder's does.
        library: one that ``shapespec list`` names; they are searched in the order that it shows.
        variant: one of the architecture's variants.
        paths: folders or files of your own, over the built-in ones.
        include: inputs that come on request only, by their group (``labels``) or their own name: one, or a list;
            ``all`` for all that go together. :attr:`Spec.on_request` tells which there are.
        padding: ``left`` or ``right``, the side on which rows that are shorter than others are filled up, as a
            tokenizer's ``padding_side``; the one that the YAML says where not given.
        sizes: the named sizes to set. A given value wins, or is refused with a reason.

    Raises:
        UnknownNameError: an architecture, task, class, variant, library, side of padding, size or input on request that
            is not known.
        RequestError: two inputs were asked for that exclude each other.
        SizeError: a size that is no positive integer, out of bounds, off its step, or derived from others.
        ConfigError: a config that can't be read, lacks what the spec reads, or contradicts itself.
        ContractError: a contract that does not fit its schema, or of a newer version; or one is asked for what was
            settled when it was made.
        FileError, GrammarError, ExpressionError: a YAML file is wrong.
    """
    given = checked_sizes(sizes)
    written = _contract(target)
    if written is not None:
        _refuse_settled(
            task=task,
            model_class=model_class,
            config=config,
            library=library,
            variant=variant,
            paths=paths or None,
            include=include or None,
            padding=padding,
        )
        return Spec(written, instantiate(written, given))
    # What reads YAML is imported here: a contract needs none of it.
    from shapespec.registry.chain import Registry
    from shapespec.resolving.load import build_stack, resolve
    from shapespec.resolving.padding import checked_side
    from shapespec.resolving.target import identified

    name = None if isinstance(model_class, type) else model_class
    side = checked_side(padding)
    checked_names(task=task, library=library, variant=variant, model_class=name)
    meant = identified(
        target, Registry(paths), task=task, model_class=model_class, config=config, library=library, variant=variant,
        padding=side,
    )  # fmt: skip
    asked = requested(include)
    stack = build_stack(meant)
    plain_call = isinstance(meant.config, Mapping) and not meant.config
    key = (tuple((id(layer.document), layer.path) for layer in stack.layers), meant.choice, meant.library, asked.asked)
    known = _MEMO.get(key) if plain_call else None
    resolved = known or resolve(meant, stack, asked, given)
    if plain_call and known is None:
        _remember(key, resolved)
    return _at(resolved, given, meant.home)


#: What was resolved, by what it was made of: files (held by it, so that their ids stay theirs) and the call's choices.
#: Only of calls without a config, whose values may change behind our back.
_MEMO: OrderedDict[Any, Resolved] = OrderedDict()
_MOST_REMEMBERED = 64


def _remember(key: Any, resolved: Resolved) -> None:
    _MEMO[key] = resolved
    if len(_MEMO) > _MOST_REMEMBERED:
        _MEMO.popitem(last=False)


def _at(resolved: Resolved, given: Mapping[str, int], home: Home) -> Spec:
    """The spec at some sizes; at the same ones the same again."""
    key = (*given.items(), home)
    if key not in resolved.specs:
        if len(resolved.specs) >= _MOST_REMEMBERED:
            resolved.specs.clear()
        from shapespec.resolving.explain import Provenance
        from shapespec.resolving.load import sized

        instance = sized(resolved, given)
        resolved.specs[key] = Spec(resolved.contract, instance, home, Provenance(resolved, instance))
    found: Spec = resolved.specs[key]
    return found


def _contract(target: Any) -> Contract | None:
    """The contract that a target is or leads to; None for any other."""
    if isinstance(target, Contract):
        return target
    if not (isinstance(target, (str, Path)) and str(target).endswith(".json")):
        return None
    from shapespec.contracts.reading import read_contract

    return read_contract(Path(target))


def _refuse_settled(**arguments: Any) -> None:
    for argument, value in arguments.items():
        if value is not None:
            raise ContractError(
                "a contract has settled this when it was made",
                argument=argument,
                expected="sizes alone beside a contract; for another choice, a contract made with it",
            )


@dataclass(frozen=True)
class Spec:
    """What one model takes. Made by :func:`load_spec`; never changes. Plain data, immutable, hashable.

    Attributes:
        contract: the same with its sizes left open.
        instance: the plans at the sizes that were asked for.
        home: the dtype and the device of the live model that it was loaded for, as they were then; else float32 on the
            CPU.
        provenance: where everything comes from; None for a spec that was read from a contract.
    """

    contract: Contract
    instance: Instance
    home: Home = field(default_factory=Home)
    provenance: Provenance | None = field(default=None, compare=False, repr=False)

    @property
    def architecture(self) -> str:
        """Its name, as the YAML has it (Transformers' ``model_type``)."""
        return self.contract.architecture

    @property
    def library(self) -> str:
        """``transformers``, ``diffusers``, …, or ``user``."""
        return self.contract.library

    @property
    def task(self) -> str | None:
        """The task asked for (or the default one), with its ``-with-past`` where that was asked for."""
        return self.contract.task

    @property
    def model_class(self) -> str | None:
        """The class that serves the task, or None."""
        return self.contract.model_class

    @property
    def variant(self) -> str | None:
        """The variant, or None."""
        return self.contract.variant

    @property
    def plans(self) -> tuple[ComponentPlan, ...]:
        """The plan of each component."""
        return self.instance.plans

    @property
    def sizes(self) -> Mapping[str, Size]:
        """Every size that the spec uses, by name: what it is, what it may be, and why. Read-only."""
        return sizes_as_data(self.instance)

    @property
    def dynamic_sizes(self) -> frozenset[str]:
        """The names of the dynamic sizes."""
        return self.instance.dynamic

    @property
    def dims(self) -> dict[str, int]:
        """Every size that the spec uses, by name. It is the caller's own: changing it changes nothing here."""
        return dict(self.instance.sizes)

    @property
    def components(self) -> tuple[str, ...]:
        """The graphs' names: ``model`` is the class's own forward, ``model_with_past`` the same with a filled cache."""
        return tuple(plan.name for plan in self.plans)

    def plan(self, component: str | None = None) -> ComponentPlan:
        """One component's plan; the first where none is named. Raises :class:`UnknownNameError`."""
        if component is None:
            return self.plans[0]
        for plan in self.plans:
            if component in (plan.name, f"{plan.name}_model", *plan.aliases):
                return plan
        raise UnknownNameError(unknown("component", component, self.components, argument="component"))

    def inputs(self, component: str | None = None) -> dict[str, TensorSpec]:
        """The input tensors of a component, flat and in order, by the names that an ONNX graph has."""
        return {tensor.name: tensor for tensor in self.plan(component).tensors()}

    def outputs(self, component: str | None = None) -> dict[str, TensorSpec]:
        """The outputs of a component, flat and in order, by the names that an ONNX graph has."""
        return {tensor.name: tensor for tensor in self.plan(component).output_tensors()}

    @property
    def on_request(self) -> dict[str, OnRequest]:
        """The inputs that ``load_spec(…, include=…)`` may ask for, by name, asked for or not. A contract has settled
        this: none where the spec was read from one."""
        return {} if self.provenance is None else self.provenance.on_request()

    @property
    def unfed(self) -> dict[str, str]:
        """The arguments of forward that nobody feeds, each with the reason. A contract does not hold them."""
        return {} if self.provenance is None else self.provenance.unfed()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing beside: defaults that gave way, and keys of the config given that nothing read and no
        file of the architecture knows."""
        yielded = [f"`{one.name}`: {one}" for one in self.instance.yielded]
        passed = () if self.provenance is None else self.provenance.passed_over()
        keys = ", ".join(f"`{name}`" for name in passed)
        return (*yielded, *([f"keys of the config that nothing reads, and no file knows: {keys}"] if keys else []))

    def is_dynamic(self, dim: str) -> bool:
        """Whether other values of a size run on one exported graph. Raises :class:`UnknownNameError`."""
        if dim not in self.dims:
            raise UnknownNameError(unknown("size", dim, self.dims, argument="dim"))
        return dim in self.dynamic_sizes

    def at(self, **sizes: int) -> Spec:
        """The same spec at other sizes. Those that were given before stay as given, unless they are given anew.

        Raises:
            UnknownNameError, SizeError, ConfigError: see :func:`load_spec`.
        """
        given = {**self.instance.whole.given, **checked_sizes(sizes)}
        if self.provenance is not None:
            return _at(self.provenance.resolved, given, self.home)
        return Spec(self.contract, instantiate(self.contract, given))

    def other_sizes(self, n: int = 2, seed: int = 0) -> list[dict[str, int]]:
        """``n`` sets of sizes that are valid together, each for ``load_spec(…, **sizes)`` and :meth:`at`.

        A set names the dynamic sizes that may be given; each differs from its default and from what it is in the other
        sets where its bounds leave room. Where there is no room for ``n`` sets, fewer come. The same seed gives the
        same.
        """
        from shapespec.contracts.other_sizes import other_sizes

        return other_sizes(partial(instantiate, self.contract), n, seed)

    def nbytes(self, component: str | None = None, *, dtype: str | None = None, int_dtype: str = "int64") -> int:
        """Bytes of all tensors of a component (of the first where none is named), known before any is made."""
        return sum(tensor.nbytes(dtype or self.home.dtype, int_dtype) for tensor in self.plan(component).tensors())

    def build(
        self,
        component: str | None = None,
        *,
        framework: str = "torch",
        device: str | None = None,
        dtype: str | None = None,
        int_dtype: str = "int64",
        seed: int = 0,
        flat: bool = False,
        max_bytes: int | None = None,
    ) -> dict[str, Any]:
        """Makes the inputs of a component.

        Args:
            component: one of :attr:`components`; the first where none is named.
            framework: ``torch`` or ``numpy``.
            device: ``cpu``, ``cuda``, ``cuda:1``, ``mps`` or ``meta`` (torch); ``cpu`` (numpy). Where not given, that
                of the live model's first parameter; the CPU where there was none.
            dtype: for floating-point inputs that do not fix their own: ``float32``, ``float16``, ``bfloat16`` or
                ``float64``. Where not given, that of the live model's first floating-point parameter, also where others
                differ; ``float32`` where there was none.
            int_dtype: for integer inputs that do not fix their own: ``int64`` or ``int32``.
            seed: the same seed gives the same values in each framework, on each device.
            flat: give the flat names of a graph, instead of ``forward``'s arguments with caches as objects.
            max_bytes: refuse a build of more bytes; where not given, the device's free memory is the bound.

        Returns:
            Keyword arguments for ``forward``; with ``flat``, ``{name: tensor}``.

        Raises:
            UnknownNameError: a component, framework, dtype or device that is not known.
            TooLargeError: more bytes than allowed or free.
            MissingPackageError: torch or ml_dtypes is needed and not installed.
        """
        from shapespec.building import build

        home = self.home if framework == "torch" else replace(self.home, device="cpu")
        device = home.device if device is None else device
        dtype = home.dtype if dtype is None else dtype
        return build(
            self.plan(component), framework=framework, device=device, dtype=dtype, int_dtype=int_dtype, seed=seed,
            flat=flat, max_bytes=max_bytes,
        )  # fmt: skip

    def dynamic_axes(self, component: str | None = None) -> dict[str, dict[int, str]]:
        """What ``torch.onnx.export(dynamic_axes=…)`` takes: ``{name: {axis index: axis name}}``, outputs included."""
        from shapespec.exporting.shapes import dynamic_axes

        return dynamic_axes(self.plan(component))

    def dynamic_shapes(self, component: str | None = None) -> dict[str, Any]:
        """What ``torch.export.export(dynamic_shapes=…)`` takes: for each argument a tree as the built inputs', each
        leaf ``{axis index: torch.export.Dim.DYNAMIC}`` for the axes whose sizes are dynamic. Needs torch."""
        from shapespec.exporting.shapes import dynamic_shapes

        return dynamic_shapes(self.plan(component))

    def explain(self, name: str) -> Explanation:
        """Where a size, an input or a config value comes from, what it replaced, and why.

        Raises:
            UnknownNameError: the spec has nothing of that name.
        """
        if self.provenance is not None:
            return self.provenance.explain(name)
        from shapespec.contracts.explain import explain_contract

        return explain_contract(self.instance, self.contract, name)

    def save(
        self,
        path: str | Path,
        components: Sequence[str] | None = None,
        *,
        dtype: str | None = None,
        int_dtype: str = "int64",
        seed: int = 0,
        max_bytes: int | None = None,
    ) -> list[Saved]:
        """Builds inputs with numpy and writes them under their flat names; needs no torch.

        Args:
            path: ends in ``.npz`` or ``.safetensors``. Of several components each gets a file: ``inputs.npz`` becomes
                ``inputs.encoder.npz`` and so on; all of them are written, or none is.
            components: which; the first where none is named.
            dtype, int_dtype, seed, max_bytes: see :meth:`build`.

        Raises:
            OutputError: the path can't be written to, or its ending names no format.
            UnknownNameError, TooLargeError: see :meth:`build`.
        """
        from shapespec.writing.inputs import save_inputs

        plans = [self.plan(name) for name in components] if components else [self.plan()]
        return save_inputs(
            plans, path, self._notes(), dtype=dtype or self.home.dtype, int_dtype=int_dtype, seed=seed,
            max_bytes=max_bytes,
        )  # fmt: skip

    def _notes(self) -> dict[str, str]:
        """What a file says of itself, where its format can."""
        from shapespec.version import __version__

        facts = {
            "architecture": self.architecture,
            "library": self.library,
            "task": self.task,
            "model_class": self.model_class,
            "variant": self.variant,
            "shapespec": __version__,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """The contract as plain data, ready for JSON: sizes stay expressions, so that any can be asked of it."""
        from shapespec.contracts.document import to_document

        return to_document(self.contract)

    def contract_text(self) -> str:
        """The contract as a file has it: JSON, always the same for the same contract."""
        from shapespec.contracts.document import contract_text

        return contract_text(self.contract)

    def to_contract(self, path: str | Path) -> None:
        """Writes the contract, whole or not at all; :func:`load_spec` reads it where its name ends in ``.json``.

        Raises:
            OutputError: the path can't be written to.
            ContractError: the contract holds what JSON can't, such as an object of the config.
        """
        from shapespec.writing.whole import write_text

        write_text(path, self.contract_text())

    def described(self) -> dict[str, Any]:
        """Everything at these sizes as plain data: what `shapespec show --json` prints."""
        return {
            "architecture": self.architecture,
            "library": self.library,
            "task": self.task,
            "model_class": self.model_class,
            "variant": self.variant,
            "dims": {name: {"value": size, "dynamic": name in self.dynamic_sizes} for name, size in self.dims.items()},
            "components": {plan.name: plan.to_dict() for plan in self.plans},
            "on_request": {name: asdict(one) for name, one in self.on_request.items()},
            "unfed": self.unfed,
            "notes": list(self.notes),
        }
