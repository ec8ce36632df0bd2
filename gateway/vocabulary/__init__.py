"""The words every other room uses. Standard library only."""
