"""Which family a type most likely belongs to, by what its classes' forward takes."""

from __future__ import annotations

from shapespec.libraries.facts import ClassFacts, TypeFacts

#: Families with the arguments that tell them, the most telling first: all of `has` and none of `lacks`.
_SIGNS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("time-series", frozenset({"past_values", "future_values", "past_time_features"}), frozenset()),
    (
        "image-text-to-text",
        frozenset({"input_ids", "pixel_values", "past_key_values"}),
        frozenset({"decoder_input_ids"}),
    ),
    ("image-text-pair", frozenset({"input_ids", "pixel_values"}), frozenset({"decoder_input_ids"})),
    ("speech-seq2seq", frozenset({"input_features", "decoder_input_ids"}), frozenset()),
    ("text-seq2seq", frozenset({"input_ids", "decoder_input_ids"}), frozenset({"pixel_values"})),
    ("text-decoder", frozenset({"input_ids", "past_key_values", "position_ids"}), frozenset({"token_type_ids"})),
    ("text-decoder", frozenset({"input_ids", "past_key_values"}), frozenset({"token_type_ids"})),
    ("text-decoder", frozenset({"input_ids", "cache_params"}), frozenset()),
    ("text-encoder", frozenset({"input_ids"}), frozenset()),
    ("detection", frozenset({"pixel_values", "pixel_mask"}), frozenset()),
    ("vision-transformer", frozenset({"pixel_values", "interpolate_pos_encoding"}), frozenset()),
    ("image", frozenset({"pixel_values"}), frozenset()),
    ("waveform", frozenset({"input_values"}), frozenset()),
    ("spectrogram", frozenset({"input_features"}), frozenset()),
)


def family_of(facts: TypeFacts) -> str:
    """The family's name; ``text`` where nothing tells."""
    main = main_class(facts)
    arguments = frozenset(main.arguments) if main is not None else frozenset()
    return next((name for name, has, lacks in _SIGNS if has <= arguments and not lacks & arguments), "text")


def main_class(facts: TypeFacts) -> ClassFacts | None:
    """The class that shows best what the type takes: the one with the most arguments."""
    return max(facts.classes, key=lambda cls: len(cls.arguments), default=None)
