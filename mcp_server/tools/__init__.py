"""The tools the server offers, one module a subject."""
