"""What pydantic found, said in our words.

Its own messages can quote the value that was found, so none of them is passed on: the kind
of an error chooses the sentence, and only limits and closed vocabularies of ours go into it.
The exception is `value_error`: that is the text of the contract's own validators.
"""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from gateway.config.faults import Fault, did_you_mean
from gateway.contract.fields import Slug
from gateway.contract.partner import HOST, USERNAME

_FEW = 8
_KINDS: Mapping[str, str] = {
    "string": "must be a text in quotes",
    "int": "must be a whole number",
    "finite": "must be a number",
    "float": "must be a number",
    "bool": "must be true or false",
    "date": "must be a date such as 2027-03-31",
    "time": "must be a duration such as 'PT4H' (4 hours)",
    "tuple": "must be a list in square brackets",
    "path": "must be a path in quotes",
    "model": "must be a table",
    "literal": "must be one of the words that config/README.md lists",
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("ge", "must be at least {}"),
    "greater_than": ("gt", "must be more than {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "less_than": ("lt", "must be less than {}"),
    "string_too_long": ("max_length", "must have at most {} characters"),
    "string_too_short": ("min_length", "must have at least {} characters"),
    "too_long": ("max_length", "must have at most {} entries"),
    "too_short": ("min_length", "must have at least {} entries"),
}
_SPELLINGS: Mapping[str, str] = {
    Slug: "must be lower-case letters and digits, with single hyphens between",
    HOST: "must be a server's name or address, without a blank in it",
    USERNAME: "must be one word, without a blank in it",
}
_REMEDIES: Mapping[str, str] = {
    "recipient": "ask the partner for the line that begins with age1",
    "host_keys": "ask the partner for the server's public host key, and compare its fingerprint by telephone",
    "acknowledgement_key": "ask the partner for the public key that signs their acknowledgements",
    "host": "ask the partner for the name of their SFTP server",
    "username": "ask the partner for the user name they have given you",
}


def faults_of(error: ValidationError, *, page: str, model: type[BaseModel]) -> list[Fault]:
    """One fault for each finding, in the order of the page."""
    return [_fault(finding, page, model) for finding in error.errors(include_url=False)]


def unfilled(page: str, key: str) -> Fault:
    return Fault(
        page=page, key=key, sentence="is still to be filled in", remedy=_REMEDIES.get(key.rpartition(".")[2], "")
    )


def _fault(finding: Any, page: str, model: type[BaseModel]) -> Fault:
    kind, place = finding["type"], _on_the_page(finding["loc"])
    key = _spelled(place)
    if kind == "extra_forbidden":
        remedy = did_you_mean(str(place[-1]), _keys_at(model, place[:-1]))
        return Fault(page=page, key=key, sentence="is not a key that is known here", remedy=remedy)
    if finding["input"] in ("", [], ()) and kind != "value_error":
        return unfilled(page, key)
    if kind == "literal_error":
        return _choice(finding, page, key)
    return Fault(page=page, key=key, sentence=_sentence(kind, finding.get("ctx", {})))


def _on_the_page(place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """pydantic says of an endpoint which kind of it was meant: a step that no page has."""
    return (*place[:1], *place[2:]) if place[:1] == ("endpoint",) and place[1:2] in (("sftp",), ("upload",)) else place


def _choice(finding: Any, page: str, key: str) -> Fault:
    choices = [choice.strip("'") for choice in finding["ctx"]["expected"].replace(" or ", ", ").split(", ")]
    remedy = did_you_mean(str(finding["input"]), choices)
    if len(choices) <= _FEW:
        return Fault(page=page, key=key, sentence="must be " + finding["ctx"]["expected"], remedy=remedy)
    return Fault(page=page, key=key, sentence="is not one of the standard names in config/README.md", remedy=remedy)


def _sentence(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind in _LIMITS:
        limit, sentence = _LIMITS[kind]
        return sentence.format(context[limit])
    if kind == "string_pattern_mismatch":
        return _SPELLINGS.get(context["pattern"], "is not spelled as config/README.md says")
    return next((_KINDS[known] for known in _KINDS if kind.startswith(known)), "does not fit")


def _spelled(place: tuple[int | str, ...]) -> str:
    key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return key.lstrip(".")


def _keys_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    for part in place:
        if isinstance(part, str):
            found = _model_within(model.model_fields[part].annotation)
            if found is None:
                return []
            model = found
    return list(model.model_fields)


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_within(inner))), None)
