"""Jobs on procrastinate: the queue, its workers, and what clients hand in."""
