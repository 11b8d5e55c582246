"""What is open to anonymous visitors of sites, and how they get their tokens."""
