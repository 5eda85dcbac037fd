"""One JSON file per base lemma of the preorder."""
