"""Run the application: python -m package."""

from .app import main

main()
