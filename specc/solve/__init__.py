"""Exact and certified optimisation on finite models."""
