"""Stands in for questionary.prompts."""
