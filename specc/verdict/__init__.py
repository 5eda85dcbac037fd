"""Verdicts: can one spec's order, in its own environment, be said in a formalism?

``question`` is what is asked, ``realise/`` looks for a spec of the formalism with the same order,
``refute/`` for a certificate that there is none, ``judge`` asks both and closes under the preorder.
"""
