"""Stands in for pygments.lexers.data."""

JsonLexer = "json"
YamlLexer = "yaml"
