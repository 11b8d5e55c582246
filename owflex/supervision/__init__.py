"""Programs as processes that are kept running."""
