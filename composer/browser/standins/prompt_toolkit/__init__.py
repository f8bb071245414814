"""Stands in for prompt_toolkit: the page has its own input fields."""
