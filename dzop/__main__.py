"""`python -m dzop`."""

from dzop.cli import main

main()
