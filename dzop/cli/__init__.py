"""The command line. Exit codes: 0 done, 1 the work found problems, 2 wrong use."""

from dzop.cli.commands import main

__all__ = ["main"]
