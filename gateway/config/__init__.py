"""Configuration: pages of TOML in, frozen values out, faults in plain words.

Imported late by the command line, because pydantic takes a moment to load.
"""
