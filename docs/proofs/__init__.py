"""The written proofs of the positive lemmas, one heading for each."""
