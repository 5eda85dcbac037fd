"""Objectives back as `.spec` text: expressions, machines, rewards by transition, whole files."""
