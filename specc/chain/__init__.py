"""Exact analysis of finite Markov chains."""
