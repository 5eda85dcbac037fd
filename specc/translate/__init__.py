"""From one formalism to another: forms of specs, the rules of the positive lemmas, their checks."""
