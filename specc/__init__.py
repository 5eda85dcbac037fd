"""A compiler and verifier for the objectives of reinforcement learning."""
