"""Decisions explained: why, who sees, what would they see, who looked, and what if."""
