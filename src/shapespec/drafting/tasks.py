"""Transformers' auto mappings as tasks: Optimum's names where it has one."""

from __future__ import annotations

from collections.abc import Sequence

#: The mapping's name without `MODEL_FOR_` and `_MAPPING_NAMES`, where the task is not just that with dashes.
_TASKS = {
    "MODEL": "feature-extraction",
    "PRETRAINING": "pre-training",
    "CAUSAL_LM": "text-generation",
    "MASKED_LM": "fill-mask",
    "SEQ_TO_SEQ_CAUSAL_LM": "text2text-generation",
    "SEQUENCE_CLASSIFICATION": "text-classification",
    "SPEECH_SEQ_2_SEQ": "automatic-speech-recognition",
    "CTC": "automatic-speech-recognition",
    "RNNT": "automatic-speech-recognition",
    "TDT": "automatic-speech-recognition",
    "TEXT_TO_WAVEFORM": "text-to-audio",
    "TEXT_TO_SPECTROGRAM": "text-to-audio",
    "MASKED_IMAGE_MODELING": "masked-im",
    "MULTIMODAL_LM": "image-text-to-text",
    "IMAGE": "feature-extraction",
    "IMAGE_TO_IMAGE": "image-to-image",
    "DECISION": "decision",
}

#: Tasks that say little: a class has one of these only where it has no other.
_WEAK = ("feature-extraction", "text-encoding", "pre-training")


def tasks_of(mappings: Sequence[str]) -> tuple[str, ...]:
    """The tasks of a class that these mappings list, the most telling first."""
    short = [
        name.removesuffix("_MAPPING_NAMES").removeprefix("MODEL_FOR_").removesuffix("_MAPPING") for name in mappings
    ]
    tasks = list(dict.fromkeys(_TASKS.get(name, name.lower().replace("_", "-")) for name in short))
    strong = sorted((task for task in tasks if task not in _WEAK), key=lambda task: task != "text2text-generation")
    weak = [task for task in _WEAK if task in tasks]
    return tuple(strong or weak)
