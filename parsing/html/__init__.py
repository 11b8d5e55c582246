"""Pages of the web: what people see of them, as Markdown."""
