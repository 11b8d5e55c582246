"""Where files come from: folders, pages, sitemaps, and their bytes."""
