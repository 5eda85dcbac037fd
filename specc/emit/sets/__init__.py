"""Functions of the set of states visited, over many runs at once."""
