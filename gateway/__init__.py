"""Handoff Gateway: hands children's data from a council to the bodies that must have it.

Importing this package does nothing. The command line is `gateway.cli`; the story of
one handoff is `gateway.story.prepare` and `gateway.story.dispatch`.
"""

__version__ = "0.1.0"
