"""Stands in for grp: a browser has no groups. plumbum imports these names and never calls them here."""

getgrgid = getgrnam = None
