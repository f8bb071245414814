"""Tools for many repositories: bring them under the template."""
