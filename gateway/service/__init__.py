"""The running gateway: both halves wired from the configuration, in rounds, woken by events."""
