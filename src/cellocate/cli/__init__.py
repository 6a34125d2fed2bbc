"""The command line. Each command has a file, which parses options, calls the other rooms and prints; see `app`."""

from cellocate.cli.app import main

__all__ = ["main"]
