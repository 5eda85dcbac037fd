"""The surface of the language: text to syntax tree, and back to tidy text."""
