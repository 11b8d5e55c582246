"""PDF: what stands where on its pages becomes text in reading order."""
