"""Runs the command line as a module: python -m."""

from .cli import main

main()
