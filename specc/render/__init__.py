"""Pictures: the Hasse diagram, automata, products."""
