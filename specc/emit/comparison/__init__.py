"""Orders of policies that no one reward stands for: which of two is better."""
