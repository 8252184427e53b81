"""Fewer examples, and always the same, when the question is whether a mutant of the law is noticed."""

import os

from hypothesis import settings

settings.register_profile("mutants", max_examples=12, deadline=None, derandomize=True, database=None)
if "MUTANT_UNDER_TEST" in os.environ:
    settings.load_profile("mutants")
