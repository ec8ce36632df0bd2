"""What a partner's page may be sealed to: one key, or two of a kind while one follows the other."""

import pytest

from gateway.config.load import load
from gateway.crypto.age import generate_hybrid_identity, generate_identity
from gateway.crypto.ssh_keys import SigningKey

CLASSICAL, OTHER = (generate_identity().recipient().spelled() for _ in range(2))
HYBRID, OTHER_HYBRID = (generate_hybrid_identity().recipient().spelled() for _ in range(2))
SSH = SigningKey.generate_ed25519().public_line()


def with_recipients(home, recipient, following=None):
    page = home.page("partners/first")
    lines = [line for line in page.read_text().splitlines() if not line.startswith("recipient")]
    told = [f'recipient = "{recipient}"', *([f'next_recipient = "{following}"'] if following else [])]
    page.write_text("\n".join([*told, *lines]) + "\n")
    return load(home.path, {})


@pytest.mark.parametrize("recipient", [CLASSICAL, HYBRID, SSH])
def test_a_partner_has_one_recipient(home, recipient):
    assert with_recipients(home, recipient).route("first").partner.recipients == (recipient,)


@pytest.mark.parametrize(
    ("first", "second"), [(CLASSICAL, OTHER), (CLASSICAL, SSH), (SSH, OTHER), (HYBRID, OTHER_HYBRID)]
)
def test_or_two_of_a_kind_the_one_in_use_first(home, first, second):
    assert with_recipients(home, first, second).route("first").partner.recipients == (first, second)


@pytest.mark.parametrize(("first", "second"), [
    (CLASSICAL, HYBRID), (HYBRID, SSH), (CLASSICAL, CLASSICAL), (CLASSICAL, CLASSICAL[:-1] + "q"),
    (CLASSICAL, SSH + " comment"), (CLASSICAL, "age1"), (SSH[:-1] + "!", CLASSICAL),
    ("ssh-rsa " + "A" * 68, CLASSICAL), ("ssh-ed25519 " + "A" * 68, CLASSICAL),
])  # fmt: skip
def test_anything_else_puts_the_route_out_of_service_and_no_other(home, first, second):
    configuration = with_recipients(home, first, second)
    assert [broken.route for broken in configuration.out_of_service] == ["first"]
    assert [route.name for route in configuration.routes] == ["second"]


def test_a_second_key_is_a_change_of_the_route(home):
    before = with_recipients(home, CLASSICAL).route("first").digest()
    assert with_recipients(home, CLASSICAL, OTHER).route("first").digest() != before
