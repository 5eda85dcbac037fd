"""Finite environments: the MDP, its policies, and every way to read or write one."""
