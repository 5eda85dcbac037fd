"""LTL formulas, omega-automata and letter classes; Spot is behind one module, ``spot.py``."""
