"""What administrators see and change on the page."""
