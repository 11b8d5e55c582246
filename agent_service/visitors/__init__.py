"""Anonymous visitors of sites that embed the chat: site keys, tokens, what is open to them, and quotas."""
