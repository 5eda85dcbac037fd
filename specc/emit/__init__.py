"""From an objective to something to train on: tables, kernels, wrappers, files."""
