"""Triton's loops are interpreted, unless a GPU is asked for; it decides when it is imported."""

import os

if "SPECC_TEST_DEVICE" not in os.environ:
    os.environ["TRITON_INTERPRET"] = "1"
