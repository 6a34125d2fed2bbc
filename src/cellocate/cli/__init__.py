"""The command line: one thin file per command, which parses, calls the rooms and prints."""

from cellocate.cli.app import main

__all__ = ["main"]
