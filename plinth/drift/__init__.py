"""Report how far repositories are from their templates: one row for each project."""
