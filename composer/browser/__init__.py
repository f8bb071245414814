"""The Python half of the page, which runs in Pyodide."""
