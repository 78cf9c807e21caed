"""Layers to a spec: sizes become numbers, axes get their names, structures their tensors."""
