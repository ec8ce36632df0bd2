"""What a removal asked for, said to a person who has to tell the partner."""

from collections.abc import Sequence

from gateway.cli.voice import Voice


def say_list(voice: Voice, lines: Sequence[str]) -> None:
    """By the references that the partner has: they name nobody to anybody else."""
    if lines:
        voice.say("what the partner was to remove, by the references that it has:")
    for line in lines:
        voice.say(f"  {line}")
