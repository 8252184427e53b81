"""How many examples the property tests try: a few per commit, `DZOP_EXAMPLES` of them in `make soak`."""

import os

from hypothesis import settings

settings.register_profile("commit", max_examples=50, deadline=None)
settings.register_profile("soak", max_examples=int(os.environ.get("DZOP_EXAMPLES", "2000")), deadline=None)
settings.load_profile("soak" if "DZOP_EXAMPLES" in os.environ else "commit")
