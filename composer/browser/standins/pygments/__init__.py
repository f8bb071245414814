"""Stands in for Pygments: the page's input fields have no colours."""
