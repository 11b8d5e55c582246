"""The people who sign in at the chat: `owflex user add`, list, invite, reset, disable and so on."""
