"""Other configs of a class of transformers: drawn around the tiny one, and around the class's own defaults.

A variation is the tiny config with one to four changes of what gives a model its shape: lengths of position tables,
sizes of images and patches, numbers for lists and lists for numbers, counts of layers, heads, channels, strides,
optional parts. What must agree in any config is drawn so that it agrees (heads divide the width, a list per layer has
an entry for each); whether the class takes the rest is its own affair.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

#: What can't change a shape, or is no choice of whoever trains a model.
_NO_MATTER = re.compile(
    r"dropout|droppath|_prob$|_eps$|epsilon|initializer|init_|_init|_std$|theta|dtype|^use_cache$|^return_|^output_hidden"
    r"|^output_attentions|^architectures|id2label|label2id|name_or_path|version|model_type|tie_|problem_type|chunk_size_feed"
    r"|^is_encoder_decoder|^cross_attention_hidden_size|_token_ids?$|_token_index$|_token$|attn_implementation|quantization"
    r"|loss|checkpointing|layerdrop|drop_path|^mask_|augment|seed|router_aux|jitter|rope_scaling|rope_parameters|mrope"
    r"|momentum|_coef|temperature|max_length|^num_beams|^task_specific|_act$|act_fn|activation$|^backbone$|_class$|^auto_map"
    r"|_backbone$|max_distance|_layer_config$|_idx$|_id$|per_layer_config|^_"
)
_PAD = re.compile(r"(^|_)pad_token_id$")
_POSITIONS = re.compile(
    r"^(max_.*position|n_positions|n_ctx|max_seq|max_sequence|seq_len|context_length)|position_embeddings$"
)
_IMAGE = re.compile(r"(^|_)(image|img)_size$|^input_size$|^sample_size$|^ref_feat_shape$")
_PATCH = re.compile(r"patch_size$|^tubelet_size$")
_LAYERS = re.compile(r"layers$|^n_layer$|^depth$|^num_blocks$|_depth$|^num_layer$")
_HEADS = re.compile(r"heads$|^n_head$|^n_heads$|^attn_pool_num_heads$|^num_attn_heads$")
_KEY_HEADS = re.compile(r"key_value_heads$|kv_heads$|^num_kv$|kv_attention_heads$")
_WIDTH = re.compile(
    r"hidden_size$|hidden_dim$|^d_model$|^n_embd$|^embed_dim$|embedding_size$|^dim$|^width$|^emb_dim$|_dim$|^d_\w+$"
)
_MIDDLE = re.compile(r"intermediate|ffn|mlp_dim|^d_ff$|_inner")
_VOCABULARY = re.compile(r"vocab")
_CHANNELS = re.compile(r"^(num|in|n|num_input|input)_channels$|^in_chans$")
_STEP = re.compile(r"stride|kernel|window|chunk|block_size|conv_kernel|padding$|dilation|groups$|_size$")
_KINDS = re.compile(r"layer_types$|layers_block_type$|layer_kinds$")
_FITTING = re.compile(r"expert|group|top_?k|moe_k$|_indices$|_index(es)?$|use_qformer_text_input|^is_decoder$")
_EXPERTS = re.compile(r"^(moe_)?(num|n)_(local_|routed_)?experts$")
_SHARED_OUT = re.compile(r"groups?$|top_?k|per_tok|n_groups")
#: A number for each axis: none can be left out.
_OF_AXES = re.compile(r"_size$")

_STAGE_COUNT = re.compile(r"^num_stages$|^num_encoder_blocks$")
_OF_LAYERS = re.compile(r"layer|block|pattern|types|rope|mlp")
_STAGES_FOLLOW = ("out_features", "out_indices", "stage_names", "_out_features", "_out_indices")

#: A default that is no larger than this is as cheap as the tiny value.
_CHEAP = 8

#: Longer lists are no stages, or stages whose neighbours must agree.
_MOST_STAGES = 5

#: As long a position table costs nothing.
_LONGEST_TABLE = 2048

Path = tuple[str, ...]


class Variation:
    """One other config: ``values`` are the arguments of the config's class, ``changes`` what was done, in words."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = copy.deepcopy(values)
        self.changes: list[str] = []

    def part(self, path: Path) -> dict[str, Any]:
        """The mapping at a path; made where it is not there."""
        found = self.values
        for name in path:
            below = found.get(name)
            if not isinstance(below, dict):
                below = found[name] = {}
            found = below
        return found

    def set(self, path: Path, value: Any) -> None:
        """Sets one attribute."""
        self.part(path[:-1])[path[-1]] = value
        self.changes.append(f"{'.'.join(path)}={value}")

    def drop(self, path: Path) -> None:
        """Leaves one attribute to the class."""
        if self.part(path[:-1]).pop(path[-1], None) is not None:
            self.changes.append(f"-{'.'.join(path)}")


def varied(
    values: Mapping[str, Any], found: Mapping[str, Any], default: Mapping[str, Any], random: Random
) -> Variation:
    """One other config. ``values`` are the tiny config's arguments, ``found`` all attributes of the config that they
    make, ``default`` those of the class's default config (empty where it has none)."""
    variation = Variation(dict(values))
    if default and random.random() < 0.5:
        _towards_defaults(variation, default, random)
    places = [place for place in _places(found) if _changes_of(place, found)]
    groups: dict[str, list[Path]] = {}
    for place in places:
        groups.setdefault(_kind(place, _at(found, place)), []).append(place)
    wanted = random.choice((1, 1, 2, 2, 3, 4))
    before = len(variation.changes)
    for _ in range(4 * wanted):
        if len(variation.changes) - before >= wanted or not groups:
            break
        path = random.choice(groups[random.choice(sorted(groups))])
        if not any(change.startswith(f"{'.'.join(path)}=") for change in variation.changes):
            _change(variation, path, found, random)
    return variation


def _towards_defaults(variation: Variation, default: Mapping[str, Any], random: Random) -> None:
    """Leaves to the class what is as cheap by default: flags, what is None, ratios, short lists, small numbers."""
    for path in list(_places(variation.values)):
        name, usual = path[-1], _at(default, path)
        if _NO_MATTER.search(name) or usual is _NONE or usual == _at(variation.values, path):
            continue
        if _is_cheap(name, usual) and random.random() < 0.6:
            variation.drop(path)


def _is_cheap(name: str, usual: Any) -> bool:
    if _POSITIONS.search(name) and isinstance(usual, int):
        return usual <= _LONGEST_TABLE
    if _FITTING.search(name) or _HEADS.search(name) or _LAYERS.search(name) or isinstance(usual, Mapping):
        return False  # they must fit what else is tiny, and cost time
    if isinstance(usual, list):
        return len(usual) <= _CHEAP and all(isinstance(item, (int, float)) and item <= _CHEAP for item in usual)
    return isinstance(usual, (bool, float, type(None))) or (isinstance(usual, int) and usual <= _CHEAP)


# -- what may be changed

_NONE: Any = object()


def _places(found: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    for name, value in found.items():
        if isinstance(value, Mapping):
            if not _NO_MATTER.search(str(name)):
                yield from _places(value, (*path, str(name)))
        else:
            yield (*path, str(name))


def _at(found: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return _NONE
        found = found[name]
    return found


def _kind(path: Path, value: Any) -> str:
    """Under which head an attribute is drawn: each head is as likely, so that rare ones come too."""
    name = path[-1]
    heads = {
        "pad": _PAD, "positions": _POSITIONS, "image": _IMAGE, "patch": _PATCH, "layers": _LAYERS, "heads": _HEADS,
        "vocabulary": _VOCABULARY, "channels": _CHANNELS, "kinds": _KINDS, "middle": _MIDDLE, "width": _WIDTH,
        "step": _STEP,
    }  # fmt: skip
    named = next((head for head, pattern in heads.items() if pattern.search(name)), None)
    if isinstance(value, bool):
        return "flag"
    if named is not None:
        return named
    return {"NoneType": "part", "list": "list", "int": "count", "float": "ratio"}.get(type(value).__name__, "word")


def _changes_of(path: Path, found: Mapping[str, Any]) -> bool:
    name, value = path[-1], _at(found, path)
    if _PAD.search(name):
        return True
    if _NO_MATTER.search(name) or isinstance(value, str):
        return False
    if isinstance(value, float):
        return "ratio" in name or "factor" in name or "expand" in name or "scale" in name
    return True


def _change(variation: Variation, path: Path, found: Mapping[str, Any], random: Random) -> None:
    """Changes one attribute, and what must agree with it."""
    name, value = path[-1], _at(found, path)
    beside = {**_mapping(_at(found, path[:-1])), **variation.part(path[:-1])}
    value = beside.get(name, value)
    if _PAD.search(name):
        variation.set(path, random.choice([None, 0, 1]) if value is not None else 0)
    elif isinstance(value, bool):
        variation.set(path, not value)
    elif value is None:
        _fill(variation, path, beside, random)
    elif isinstance(value, int):
        _change_number(variation, path, value, beside, found, random)
    elif isinstance(value, float):
        variation.set(path, random.choice([value / 2, value * 2]))
    elif isinstance(value, (list, tuple)) and value:
        _change_list(variation, path, list(value), beside, random)


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _fill(variation: Variation, path: Path, beside: Mapping[str, Any], random: Random) -> None:
    """A number where there is none."""
    name, width = path[-1], _width(beside)
    if _KEY_HEADS.search(name):
        variation.set(path, 1)
    elif "window" in name:
        variation.set(path, random.choice([4, 5]))
    elif name == "head_dim":
        variation.set(path, random.choice([8, 16]))
    elif _IMAGE.search(name):
        variation.set(path, random.choice([32, [32, 64]]))
    elif _WIDTH.search(name) and width:
        variation.set(path, width // 2)
    elif _MIDDLE.search(name) and width:
        variation.set(path, width * 3)


def _holds(found: Any, name: str) -> bool:
    return isinstance(found, Mapping) and (name in found or any(_holds(part, name) for part in found.values()))


def _width(beside: Mapping[str, Any]) -> int | None:
    names = ("hidden_size", "d_model", "n_embd", "embed_dim", "dim", "embedding_size")
    return next((found for name in names if isinstance(found := beside.get(name), int)), None)


# -- numbers


def _change_number(
    variation: Variation, path: Path, value: int, beside: Mapping[str, Any], found: Mapping[str, Any], random: Random
) -> None:
    name = path[-1]
    if _POSITIONS.search(name):
        variation.set(path, random.choice([7, 9, 12, 15, 20, 33]))
    elif _IMAGE.search(name):
        _change_image(variation, path, value, beside, random)
    elif _PATCH.search(name):
        more = [value // 2] if value % 2 == 0 else []
        variation.set(path, random.choice([*more, value * 2, [value, value]]))
    elif _LAYERS.search(name):
        _change_layers(variation, path, value, beside, random)
    elif _HEADS.search(name):
        _change_heads(variation, path, value, beside, random)
    elif _VOCABULARY.search(name):
        variation.set(path, value + random.choice([1, 7, 32]))
    elif _CHANNELS.search(name):
        variation.set(path, 1 if value != 1 else 3)
    elif _MIDDLE.search(name):
        variation.set(path, random.choice([value * 2, value + 8, max(value // 2, 1)]))
    elif _WIDTH.search(name) and value >= 8:
        _change_width(variation, value, found, random)
    else:
        _change_count(variation, path, value, beside, random)


def _change_count(variation: Variation, path: Path, value: int, beside: Mapping[str, Any], random: Random) -> None:
    name = path[-1]
    if _STAGE_COUNT.search(name):
        _drop_stage(variation, path, value, beside)
    elif _EXPERTS.search(name):
        variation.set(path, value * 2)  # no fewer than a token is given to
    elif _SHARED_OUT.search(name):
        variation.set(path, 1)  # one divides, and chooses from, any number
    elif "kernel" in name:
        variation.set(path, random.choice([value + 2, *([value - 2] if value > 2 else [])]))  # odd stays odd
    else:
        choices = [value * 2, value * 2, value + 1, *([value // 2, 1] if value > 1 else [])]
        variation.set(path, random.choice(choices))


def _change_image(variation: Variation, path: Path, size: int, beside: Mapping[str, Any], random: Random) -> None:
    patch = next((found for key, found in beside.items() if _PATCH.search(key) and isinstance(found, int)), 0)
    step = patch or max(size // 4, 1)
    choices: list[Any] = [size + step, size * 2, [size, size + step], [size + step, size]]
    variation.set(path, random.choice([*choices, *([size - step] if size > step else [])]))


def _change_layers(variation: Variation, path: Path, count: int, beside: Mapping[str, Any], random: Random) -> None:
    """Another count of layers; a list that has an entry for each is left to the class, or goes on in turns."""
    wanted = random.choice([n for n in (1, 3, count + 1, 5) if n != count])
    variation.set(path, wanted)
    leave = random.random() < 0.5
    for name, items in list(variation.part(path[:-1]).items()):
        of_each = isinstance(items, (list, tuple)) and len(items) == count and name not in _STAGES_FOLLOW
        if of_each and (_OF_LAYERS.search(name) or isinstance(items[0], (str, bool))):
            if leave:
                variation.drop((*path[:-1], name))
            else:
                variation.set((*path[:-1], name), [items[number % count] for number in range(wanted)])


def _change_heads(variation: Variation, path: Path, count: int, beside: Mapping[str, Any], random: Random) -> None:
    name, width = path[-1], _width(beside)
    heads = next((beside[key] for key in beside if _HEADS.search(key) and not _KEY_HEADS.search(key)
                  and isinstance(beside[key], int)), count)  # fmt: skip
    if _KEY_HEADS.search(name):
        variation.set(path, random.choice([n for n in range(1, heads + 1) if heads % n == 0]))
        return
    if _holds(beside, "mrope_section"):
        return
    fits = [n for n in (1, 2, 4, 8, count * 2) if n != count and (not width or (width % n == 0 and width // n >= 4))]
    if not fits:
        return
    wanted = random.choice(fits)
    variation.set(path, wanted)
    for key, number in beside.items():
        if _KEY_HEADS.search(key) and isinstance(number, int) and wanted % number:
            variation.set((*path[:-1], key), 1)


def _change_width(variation: Variation, value: int, found: Mapping[str, Any], random: Random) -> None:
    """Another width, everywhere where it is the same: parts that meet must agree."""
    if _holds(found, "mrope_section"):
        return  # which cuts a head in parts, so that heads must stay as wide
    alike = [path for path in _places(found) if _at(found, path) == value and not _NO_MATTER.search(path[-1])]
    if len({path[:-1] for path in alike if _WIDTH.search(path[-1])}) > 1:
        return  # whether parts of one width must agree, only the class knows
    wanted = value * 2 if random.random() < 0.7 else value * 3
    for path in _places(found):
        if _WIDTH.search(path[-1]) and not _NO_MATTER.search(path[-1]) and _at(found, path) == value:
            variation.set(path, wanted)


# -- lists


def _change_list(variation: Variation, path: Path, items: list[Any], beside: Mapping[str, Any], random: Random) -> None:
    name = path[-1]
    if name in _STAGES_FOLLOW:
        _change_outputs(variation, path, beside, random)
    elif _KINDS.search(name) or all(isinstance(item, (str, bool)) for item in items):
        turned = [*items[1:], items[0]] if random.random() < 0.5 else list(reversed(items))
        variation.set(path, turned)
    elif len(set(map(str, items))) == 1 and random.random() < 0.5:
        variation.set(path, items[0])  # a number for a list
    elif not all(isinstance(item, int) and item > 0 for item in items):
        return
    elif (_IMAGE.search(name) or _PATCH.search(name)) and len(items) == 2:
        larger = _larger(name, items)
        variation.set(path, random.choice([[items[0], larger[1]], [larger[0], items[1]], items[0]]))
    elif len(items) > 1 and not (_OF_AXES.search(name) or _is_pair(items, beside)) and random.random() < 0.5:
        _drop_stage(variation, path, len(items), beside)
    else:
        variation.set(path, _larger(name, items))


def _is_pair(items: list[Any], beside: Mapping[str, Any]) -> bool:
    """Whether two numbers are a height and a width, as those of an image beside them, and no stages."""
    sides = [value for key, value in beside.items() if _IMAGE.search(key) and isinstance(value, (list, tuple))]
    return len(items) == 2 and any(len(value) == 2 for value in sides)


def _larger(name: str, items: list[int]) -> list[int]:
    """Each twice as large; an odd kernel stays odd, since it is padded by half of it."""
    if "kernel" in name or _PATCH.search(name.removesuffix("s")):
        return [item + 2 if item % 2 else item * 2 for item in items]
    return [item * 2 for item in items]


def _change_outputs(variation: Variation, path: Path, beside: Mapping[str, Any], random: Random) -> None:
    names = beside.get("stage_names")
    if isinstance(names, (list, tuple)) and len(names) > 2:
        now = beside.get("out_features")  # what stands behind takes as many as now
        count = len(now) if isinstance(now, (list, tuple)) and 0 < len(now) < len(names) else 1
        chosen = sorted(random.sample(range(1, len(names)), count))
        for name in _STAGES_FOLLOW:
            variation.part(path[:-1]).pop(name, None)
        variation.set((*path[:-1], "out_features"), [names[number] for number in chosen])


def _drop_stage(variation: Variation, path: Path, count: int, beside: Mapping[str, Any]) -> None:
    """One stage fewer, in every list that has an entry for each."""
    part = path[:-1]
    if not 1 < count <= _MOST_STAGES:
        return
    for name, items in beside.items():
        if name in _STAGES_FOLLOW:
            variation.part(part).pop(name, None)
        elif isinstance(items, (list, tuple)) and len(items) == count and not _is_pair(list(items), beside):
            variation.set((*part, name), list(items[:-1]))
        elif isinstance(items, int) and items == count and _STAGE_COUNT.search(name):
            variation.set((*part, name), count - 1)
