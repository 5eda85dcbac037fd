"""One file per formalism: its definition, its place in the stack, its invariants."""
