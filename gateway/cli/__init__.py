"""The command line: one file a verb, loaded when the verb is used. Only `main` catches and exits."""
