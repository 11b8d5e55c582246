"""How good the search is: measured on labelled questions, compared with before, shown as figures."""
