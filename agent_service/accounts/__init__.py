"""People who sign in at the chat itself, their passwords, sessions and one-time links."""
