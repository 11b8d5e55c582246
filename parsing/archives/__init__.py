"""Files that hold other files, and how much of them is opened."""
