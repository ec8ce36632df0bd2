"""Two people sign a few readable lines; these decide whether their word is enough."""
