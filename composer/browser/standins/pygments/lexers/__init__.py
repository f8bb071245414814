"""Stands in for pygments.lexers."""
