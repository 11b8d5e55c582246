"""The server's own authorization server: clients come by the address alone, people let them in."""
