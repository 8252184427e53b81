"""An example of software of a general practice: it knows a service by nothing but what that tells of itself.

It is a stranger here: httpx and Authlib, and nothing of the rest of dzop. docs/connect-gp-software.md walks through it.
"""

from dzop.gp_sim.visit import KNOWN_PERSONS, visit

__all__ = ["KNOWN_PERSONS", "visit"]
