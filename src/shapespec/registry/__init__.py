"""The registry: names to files, files read once, the chains that they stand in, what there is."""
