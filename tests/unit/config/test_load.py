import subprocess
from datetime import date

import pytest

from gateway.config.faults import PageError
from gateway.config.load import load
from gateway.vocabulary.errors import ConfigError

REVIEW = date(2027, 3, 31)


def broken(home):
    """The faults of the first route; the second must go on."""
    configuration = load(home.path, {})
    assert [route.name for route in configuration.routes] == ["second"]
    (only,) = configuration.out_of_service
    assert only.route == "first"
    return "\n".join(fault.line() for fault in only.faults)


def test_a_route_is_resolved_to_its_pages(home):
    configuration = load(home.path, {})
    assert [route.name for route in configuration.routes] == ["first", "second"]
    assert configuration.route("first").partner.endpoint.host == "sftp.partner.test"
    configuration.refuse_faults()


def test_folders_are_relative_to_the_home_unless_absolute(home, tmp_path):
    workspace = load(home.path, {"HANDOFF_STATE": str(tmp_path / "elsewhere")}).workspace
    assert (workspace.outbox, workspace.state) == (home.path / "outbox", tmp_path / "elsewhere")


def test_keys_come_from_credentials_where_there_are_some(home, tmp_path):
    configuration = load(home.path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert configuration.prepare_keys.credentials == configuration.deliver_keys.credentials == tmp_path


@pytest.mark.parametrize(
    ("page", "old", "new", "message"),
    [
        ("routes/first", 'partner = "first"', 'partner = "frist"', "partner: names a page that is not in config/partners; did you mean 'first'?"),
        ("routes/first", 'policy = "first"', 'policy = "zzz"', "policy: names a page that is not in config/policies; name one of these: first, second"),
        ("schemas/first", 'field = "surname"', 'field = "preferred_surname"', "output[2].field: 'surname' is not a column of config/schemas/first.toml; give the schema that column"),
        ("schemas/first", 'field = "upn"\nshape = "upn"', 'field = "local_id"', "has no 'upn', from which the policy's 'reference' is made"),
        ("schemas/first", 'field = "upn"\nshape = "upn"', 'field = "upn"', "'upn' must have the shape 'upn'"),
        ("schemas/first", 'field = "date_of_birth"\nshape = "date"', 'field = "date_of_birth"', "'date_of_birth' must have the shape 'date'"),
        ("schemas/first", 'field = "postcode"\nshape = "postcode"', 'field = "email"', "has no 'postcode', which a consent route needs"),
        ("schemas/first", 'field = "address_line_1"', 'field = "email"', "has no line of an address"),
        ("partners/first", 'recipient = "age1', 'recipient = "age1q', "config/partners/first.toml: recipient: "),
        ("partners/first", 'host_keys = ["ssh-ed25519', 'host_keys = ["ssh-rsa', "endpoint.host_keys[1]: a public key says one type and holds another"),
        ("partners/first", 'host_keys = ["ssh-ed25519 ', 'host_keys = ["ssh-ed25519', "endpoint.host_keys[1]: a public key is not spelled like"),
        ("partners/first", "acknowledgement_key = ", 'acknowledgement_key = "" # ', "acknowledgement_key: is still to be filled in; ask the partner"),
        ("partners/first", "acknowledgement_key = ", "# ", "acknowledgement_key: is still to be filled in; ask the partner"),
    ],
)  # fmt: skip
def test_a_route_that_does_not_hold_together_is_out_of_service_alone(home, page, old, new, message):
    home.spoil(page, old, new)
    assert message in broken(home)


def test_an_acknowledgement_key_that_is_not_ed25519_is_refused(home, stock_tool, tmp_path):
    subprocess.run([stock_tool("ssh-keygen"), "-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "k"], check=True)
    page = home.page("partners/first")
    key = (tmp_path / "k.pub").read_text().strip()
    lines = [
        f'acknowledgement_key = "{key}"' if "knowledgement_key" in line else line
        for line in page.read_text().splitlines()
    ]
    page.write_text("\n".join(lines))
    assert "an Ed25519 key is needed here" in broken(home)


def test_without_signed_answers_no_key_is_needed(home):
    home.spoil("partners/first", "acknowledgement_key = ", 'acknowledgement = "manual"\n# ')
    assert len(load(home.path, {}).routes) == 2


def test_the_faults_of_all_pages_of_a_route_are_told_at_once(home):
    home.spoil("partners/first", "username", "usernme")
    home.spoil("policies/first", "version = 1", "version = 0")
    home.spoil("schemas/first", "version = 1", "version = 0")
    assert {line.split(":")[0].split("/")[1] for line in broken(home).splitlines()} == {
        "partners",
        "policies",
        "schemas",
    }


def test_a_page_named_like_a_path_is_out_of_service(home):
    home.page("routes/first").rename(home.page("routes/First Route"))
    configuration = load(home.path, {})
    (only,) = configuration.out_of_service
    assert "First Route" not in only.faults[0].line()


def test_who_asks_for_a_broken_route_is_told_its_faults(home):
    home.spoil("policies/first", "version = 1", "version = 0")
    configuration = load(home.path, {})
    with pytest.raises(PageError, match=r"config/policies/first\.toml: version: must be at least 1"):
        configuration.route("first")
    with pytest.raises(PageError, match="version"):
        configuration.refuse_faults()


def test_who_asks_for_an_unknown_route_is_told_what_is_known(home):
    configuration = load(home.path, {})
    with pytest.raises(ConfigError) as caught:
        configuration.route("census")
    assert caught.value.remedy == "name one of these: first, second"
    with pytest.raises(ConfigError) as caught:
        configuration.route("fisrt")
    assert caught.value.remedy == "did you mean 'first'?"


def test_an_agreement_is_in_date_on_its_review_day_and_suspended_on_the_next(home):
    home.spoil("policies/second", "2027-03-31", "2028-03-31")
    configuration = load(home.path, {})
    assert configuration.suspensions(REVIEW) == ()
    (suspension,) = configuration.suspensions(date(2027, 4, 1))
    assert (suspension.route, suspension.reason) == ("first", "agreement-out-of-date")
    assert [route.name for route in configuration.in_service(date(2027, 4, 1))] == ["second"]


def test_comments_and_order_do_not_change_what_is_signed_but_meaning_does(home):
    before = load(home.path, {}).route("first").digest()
    home.spoil("policies/first", "version = 1\n", "# a remark\nversion   =   1\n")
    assert load(home.path, {}).route("first").digest() == before
    home.spoil("policies/first", "until_age = 20", "until_age = 25")
    assert load(home.path, {}).route("first").digest() != before


def test_a_fault_of_the_machine_stops_everything(home):
    home.spoil("gateway", "sender", "sendr")
    with pytest.raises(PageError):
        load(home.path, {})
