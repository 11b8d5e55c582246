"""`owflex mcp install`: OwFlex in the settings of desktop clients."""
