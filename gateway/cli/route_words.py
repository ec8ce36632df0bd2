"""A route in words that a data protection officer reads before signing it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from gateway.cli.disclosure_words import spelled
from gateway.cli.voice import counted
from gateway.contract.partner import Endpoint, UploadEndpoint
from gateway.contract.route import Route
from gateway.crypto.ssh_keys import PublicKey
from gateway.seal.recipients import sealed_to


def in_words(route: Route) -> Iterator[str]:
    policy, partner, schema = route.policy, route.partner, route.schema
    yield f"Route {route.name} to {partner.name}, by agreement {policy.agreement.reference}."
    yield f"  review by       {policy.agreement.review}; afterwards the route is suspended"
    yield f"  purpose         {policy.purpose}"
    yield f"  input           {schema.format} with {len(schema.columns)} columns ({schema.specification or 'own layout'})"
    yield f"  scope           {route.page.scope}; two people sign each release; it leaves within {_spelled_time(route.page.release_within)}"
    yield from _whom(route)
    yield from _tiers(route)
    if policy.by_field:
        yield "  holds           a child on hold leaves, once the hold officer has looked at the file"
        yield f"                  without {_list(policy.holds.fields) or 'nothing less'}, unless the officer names it"
    limits = policy.limits
    yield f"  the brake       a second approver beyond {limits.rows_percent} % rows, {limits.removals_percent} % removals, or a new field"
    if policy.spreadsheet_cells == "neutralised":
        yield "  cells           what a spreadsheet would run begins with an apostrophe"
    yield f"  the partner     {policy.retention}"
    yield from _partner(route)
    yield f"  SHA-256         {route.digest()}"


def _whom(route: Route) -> Iterator[str]:
    ages = route.policy.eligibility
    if ages is None:
        yield "  about           everyone in the file; no consent is asked (statutory)"
        return
    yield f"  about           from the {ages.from_age}th birthday until the day before the {ages.until_age}th"
    if ages.longer:
        codes = ", ".join(ages.longer.codes)
        yield f"                  until the day before the {ages.longer.until_age}th with {ages.longer.evidence} {codes}"
        yield f"                  condition: {ages.longer.condition}"
    yield f"  who decides     a parent or guardian until {route.policy.right_holder_age}, from then on the young person"


def _tiers(route: Route) -> Iterator[str]:
    policy = route.policy
    yield f"  always          {_list(policy.floor.fields)}"
    yield f"                  basis: {policy.floor.basis}"
    if policy.consented:
        yield f"  with consent    {_list(policy.consented.fields)}"
        yield f"                  basis: {policy.consented.basis}"
    for special in policy.special:
        yield f"  special         {_list([special.field])}, only where the consent names it: {special.condition}"
    yield f"  output columns  {', '.join(column.header for column in policy.output)}"


def _partner(route: Route) -> Iterator[str]:
    partner = route.partner
    yield from _endpoint(partner.endpoint)
    for fingerprint, words in zip(sealed_to(partner), ("sealed to", "and to"), strict=False):
        yield f"  {words:<15} {fingerprint}"
    if partner.format == "openpgp":
        yield f"  in OpenPGP      certificates {', '.join(partner.recipients)}"
    if partner.acknowledgement_key:
        yield f"  answers signed  {PublicKey.parse(partner.acknowledgement_key).fingerprint}"


def _list(fields: Sequence[str]) -> str:
    return spelled(fields)


def _spelled_time(time: timedelta) -> str:
    """Whole hours where they are; a signed page may say minutes."""
    minutes = int(time.total_seconds()) // 60
    return counted(minutes // 60, "hour") if minutes % 60 == 0 else counted(minutes, "minute")


def _endpoint(endpoint: Endpoint | UploadEndpoint) -> Iterator[str]:
    if isinstance(endpoint, UploadEndpoint):
        yield f"  staged in       {endpoint.folder}, for a person to open and upload"
        return
    yield f"  server          {endpoint.username}@{endpoint.host}:{endpoint.port}"
    for line in endpoint.host_keys:
        yield f"  host key        {PublicKey.parse(line).fingerprint}"
    if rotation := endpoint.rotation:
        yield f"  next host key   {PublicKey.parse(rotation.host_key).fingerprint}"
        yield f"                  from {rotation.begins}; after {rotation.ends} it alone"
    if endpoint.windows:
        yield f"  takes parcels   {', '.join(endpoint.windows)}"
