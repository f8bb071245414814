"""What makes the parts of the site that nobody writes by hand."""
