"""Specs whose sizes are still open, as data: from one, any sizes can be asked for; written down, it is a document."""
