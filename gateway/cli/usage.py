"""A command that was typed wrongly, said in our words and without repeating what was typed.

Somebody may have typed a child's name where an option belongs; it does not come back on
the screen, nor in whatever records standard error.
"""

from typing import Any

from typer.exceptions import TyperException

from gateway.vocabulary.errors import FormatInvalid, UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

_SENTENCES = {
    "NoSuchOption": "an option was given that is not known here",
    "MissingParameter": "{name} is missing",
    "BadOptionUsage": "an option lacks its value, or has one too many",
    "BadParameter": "the value of {name} does not fit",
    "BadArgumentUsage": "an argument does not fit",
    "FileError": "a file that was named cannot be opened",
}
_UNREADABLE = "what {name} names cannot be read by this user, or is of another kind"
_OTHERWISE = "the command has too few or too many words"


def usage_error(error: TyperException) -> UsageError:
    """Ours for theirs, by the kind of theirs."""
    sentence = _SENTENCES.get(type(error).__name__, _OTHERWISE)
    if type(error).__name__ == "BadParameter" and _is_path(getattr(error, "param", None)):
        sentence = _UNREADABLE
    context: Any = getattr(error, "ctx", None)
    verb = context.command_path.rstrip() if context else "gateway"
    return UsageError(sentence.format(name=_parameter(error)), remedy=f"'{verb} --help' shows what it takes")


def _is_path(parameter: Any) -> bool:
    """A file or folder, which the framework has looked at already."""
    return hasattr(parameter, "bare_type") and "Path" in parameter.bare_type()


def _parameter(error: TyperException) -> str:
    parameter: Any = getattr(error, "param", None)
    if parameter is None:
        return "something"
    named: str = parameter.opts[0]
    return named if named.startswith("-") else str(parameter.metavar or named.upper())


def checked_word(reason: str) -> str:
    """A reason as receipts hold it; UsageError, without what was typed, for anything but a word with hyphens."""
    try:
        Facts(reason=reason)
    except ValueError as error:
        raise UsageError("--reason is not a word with hyphens", remedy="for example asked-by-telephone") from error
    return reason


def typed_transfer(text: str) -> TransferId:
    """UsageError, without what was typed, for anything but a transfer's identifier."""
    try:
        return TransferId.parse(text)
    except FormatInvalid as error:
        raise UsageError(error.message, remedy="copy it whole: 'gateway receipts list' shows them") from error
