"""Stands in for pwd: a browser has no users. plumbum imports these names and never calls them here."""

getpwnam = getpwuid = None
