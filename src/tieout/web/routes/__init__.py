"""The routes, one module a noun. A route parses, calls one function, formats."""
