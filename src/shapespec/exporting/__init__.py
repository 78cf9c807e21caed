"""What exporters ask for beside the inputs, a module for each kind of thing."""
