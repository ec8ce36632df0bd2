"""What no page can know by itself: do a route's four pages fit together, and are its keys keys?

A route that fails here is out of service; the others go on.
"""

from collections.abc import Callable, Iterator

from gateway.config.faults import Fault
from gateway.config.findings import unfilled
from gateway.config.pages import shown
from gateway.contract.elements import plain_paths
from gateway.contract.fields import ADDRESS, FieldName
from gateway.contract.partner import Endpoint, Partner
from gateway.contract.policy import Policy
from gateway.contract.route import Route
from gateway.contract.schema import Schema
from gateway.crypto.age import parse_recipient
from gateway.crypto.ssh_keys import PublicKey
from gateway.vocabulary.errors import FormatInvalid, GatewayError

CONSENT_NEEDS = {"upn": "upn", "date_of_birth": "date", "forename": "text", "surname": "text", "postcode": "postcode"}
"""Without these no age, no consent and no hold can be judged: field, and the shape it must have."""
REFERENCE: FieldName = "reference"
IDENTIFYING: frozenset[FieldName] = frozenset(
    {
        "upn",
        "former_upn",
        "uln",
        "local_id",
        "forename",
        "surname",
        "preferred_surname",
        "date_of_birth",
        "postcode",
        "uprn",
    }
)
"""What holds are recognised by."""


def faults_between(route: Route) -> list[Fault]:
    """All faults of the route as a whole; none means that it can be carried."""
    return [fault for check in CHECKS for fault in check(route)]


def columns_feed_the_output(route: Route) -> Iterator[Fault]:
    """Every column of the output has its column in the extract."""
    if route.policy.output_format == "xml":
        yield from _elements(route)
        return
    fields = [column.field for column in route.schema.columns]
    for number, column in enumerate(route.policy.output, start=1):
        if column.field != REFERENCE and column.field not in fields:
            yield Fault(
                page=shown(Policy, route.policy.policy_name),
                key=f"output[{number}].field",
                sentence=f"'{column.field}' is not a column of {shown(Schema, route.schema.schema_name)}",
                remedy="give the schema that column, or take it out of the output",
            )


def a_child_can_be_judged(route: Route) -> Iterator[Fault]:
    """A consent route's extract holds what ages, consents and holds are judged by."""
    if route.policy.kind != "consent":
        return
    page = shown(Schema, route.schema.schema_name)
    for field, shape in CONSENT_NEEDS.items():
        column = route.schema.column(field)
        if column is None:
            yield Fault(page=page, key="columns", sentence=f"has no '{field}', which a consent route needs")
        elif column.shape != shape:
            yield Fault(page=page, key="columns", sentence=f"'{field}' must have the shape '{shape}'")
    if not any(route.schema.column(line) for line in ADDRESS):
        yield Fault(page=page, key="columns", sentence="has no line of an address, which a consent route needs")


def references_have_a_source(route: Route) -> Iterator[Fault]:
    """The opaque reference is made from the UPN."""
    released = [column.field for column in route.policy.output]
    if REFERENCE in released and route.schema.column("upn") is None:
        page = shown(Schema, route.schema.schema_name)
        yield Fault(page=page, key="columns", sentence="has no 'upn', from which the policy's 'reference' is made")


def recipient_is_a_key(route: Route) -> Iterator[Fault]:
    partner, following = route.partner, route.partner.next_recipient
    if partner.format != "age":
        return  # fingerprints: the certificates are looked at when the page is read
    faults = [*_parses(partner, "recipient", partner.recipient, parse_recipient)]
    if following:
        faults += _parses(partner, "next_recipient", following, parse_recipient)
    yield from faults
    if following and not faults:
        yield from _may_stand_together(partner, partner.recipient, following)


def _may_stand_together(partner: Partner, recipient: str, following: str) -> Iterator[Fault]:
    page = shown(Partner, partner.partner)
    if recipient == following:
        yield Fault(page=page, key="next_recipient", sentence="is the key in use", remedy="take the line out")
    elif parse_recipient(recipient).post_quantum != parse_recipient(following).post_quantum:
        yield Fault(
            page=page,
            key="next_recipient",
            sentence="is post-quantum where 'recipient' is not, or the other way round, and the two are never mixed",
            remedy="change from one to the other in one step: put the new key into 'recipient'",
        )


def host_keys_are_keys(route: Route) -> Iterator[Fault]:
    if not isinstance(route.partner.endpoint, Endpoint):
        return
    for number, line in enumerate(route.partner.endpoint.host_keys, start=1):
        yield from _parses(route.partner, f"endpoint.host_keys[{number}]", line, PublicKey.parse)
    if rotation := route.partner.endpoint.rotation:
        yield from _parses(route.partner, "endpoint.rotation.host_key", rotation.host_key, PublicKey.parse)


def acknowledgements_can_be_verified(route: Route) -> Iterator[Fault]:
    partner = route.partner
    if partner.acknowledgement_key:
        yield from _parses(partner, "acknowledgement_key", partner.acknowledgement_key, _ed25519)
    elif partner.acknowledgement == "signed" and partner.format == "age":
        yield unfilled(shown(Partner, partner.partner), "acknowledgement_key")


def removals_can_name_columns(route: Route) -> Iterator[Fault]:
    """A removal lists the headers of what is to go, with a blank between."""
    policy = route.policy
    for number, column in enumerate(policy.output, start=1):
        optional = policy.kind == "consent" and column.field not in {"reference", *policy.floor.fields}
        if optional and " " in column.header:
            yield Fault(
                page=shown(Policy, policy.policy_name),
                key=f"output[{number}].header",
                sentence="has a blank in it, and the partner could not be told to remove this column alone",
                remedy="spell it in one word",
            )


CHECKS: tuple[Callable[[Route], Iterator[Fault]], ...] = (
    columns_feed_the_output,
    a_child_can_be_judged,
    references_have_a_source,
    removals_can_name_columns,
    recipient_is_a_key,
    host_keys_are_keys,
    acknowledgements_can_be_verified,
)


def _elements(route: Route) -> Iterator[Fault]:
    """An element that leaves and names a child, or a house, is one that is judged: a hold is seen in it."""
    page = shown(Policy, route.policy.policy_name)
    if route.schema.format != "xml":
        sentence = f"needs an extract that is XML, and {shown(Schema, route.schema.schema_name)} is not"
        yield Fault(page=page, key="output_format", sentence=sentence)
        return
    for number, output in enumerate(route.policy.output, start=1):
        column = route.schema.column(output.field)
        path = output.header.replace("*", "")
        if output.field in IDENTIFYING and (column is None or path not in plain_paths(column.header)):
            yield Fault(
                page=page,
                key=f"output[{number}].header",
                sentence=f"is not where {shown(Schema, route.schema.schema_name)} reads '{output.field}'",
                remedy="name the same element in both, so that what leaves is what was judged",
            )


def _ed25519(line: str) -> None:
    PublicKey.parse(line).raw_ed25519()


def _parses(partner: Partner, key: str, text: str, parse: Callable[[str], object]) -> Iterator[Fault]:
    try:
        parse(text)
    except GatewayError as error:
        remedy = error.remedy or ("paste the partner's .pub line whole" if isinstance(error, FormatInvalid) else "")
        yield Fault(page=shown(Partner, partner.partner), key=key, sentence=error.message, remedy=remedy)
