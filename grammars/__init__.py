"""Grammars as data: one ``.lark`` file per notation."""
