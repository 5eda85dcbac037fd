"""The objective as a stack of typed layers; its simplification; the inference of its formalism."""
