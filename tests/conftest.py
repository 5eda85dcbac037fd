"""Settings of the whole suite."""

from hypothesis import settings

# A loaded machine is slow now and then; no test asserts wall-clock time.
settings.register_profile("specc", deadline=None)
settings.load_profile("specc")
