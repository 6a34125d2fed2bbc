"""`python -m cellocate` is the command `cellocate`."""

from cellocate.cli import main

main()
