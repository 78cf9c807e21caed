"""shapespec against what Optimum's exporters say: the same graphs, by name, shape, type and axis."""
