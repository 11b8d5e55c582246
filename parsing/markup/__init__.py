"""Documents written in reStructuredText, AsciiDoc, Org or LaTeX."""
