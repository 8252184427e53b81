"""What a command tells the person at the keyboard in one line, instead of a traceback."""


class Problem(Exception):
    """The work cannot be done; the text says why and how to mend it. Exit code 1."""


class WrongUse(Problem):
    """The command was not understood. Exit code 2."""
