"""`gateway doctor`: everything a handoff needs, looked at before it is needed. Nothing is changed.

One file an idea; each check takes the configuration and the surroundings and yields values.
"""
