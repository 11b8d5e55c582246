"""`owflex doctor`: looks at everything OwFlex needs."""
