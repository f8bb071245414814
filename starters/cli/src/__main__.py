"""The program, run as a module."""

from .cli import main

main(f"python -m {__package__}")
