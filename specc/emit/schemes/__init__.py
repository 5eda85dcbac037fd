"""Reward schemes for the probability of a formula: which there are, what each one preserves."""
