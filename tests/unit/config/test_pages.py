import pytest

from gateway.config.faults import PageError
from gateway.config.pages import load_page, names
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import RoutePage
from gateway.contract.schema import Schema

KINDS = {"routes": RoutePage, "partners": Partner, "policies": Policy, "schemas": Schema}
CANARY = "Zebedee Quillfeather"


def faults(home, kind, name="first"):
    with pytest.raises(PageError) as caught:
        load_page(home.path, kind, name)
    assert CANARY not in caught.value.message
    return caught.value.message


def test_a_sound_page_becomes_its_value(home):
    assert load_page(home.path, Policy, "first").agreement.reference == "DSA-1"
    assert names(home.path, Policy) == ["first", "second"]


@pytest.mark.parametrize(
    ("page", "old", "new", "message"),
    [
        ("policies", "[floor]\nfields", "[floor]\nfeilds", "policies/first.toml: floor.feilds: is not a key that is known here; did you mean 'fields'?"),
        ("policies", '"surname", "date', '"surnam", "date', "floor.fields[2]: is not one of the standard names in config/README.md; did you mean 'surname'?"),
        ("policies", '"consent"', f'"{CANARY}"', "kind: must be 'consent' or 'statutory'"),
        ("policies", '"surname", "date', f'"{CANARY}", "date', "floor.fields[2]: is not one of the standard names"),
        ("policies", "2027-03-31", '"next spring"', "agreement.review: must be a date such as 2027-03-31"),
        ("policies", "until_age = 20", "until_age = 12", "eligibility: from_age must be below until_age"),
        ("policies", '"postcode"]', '"postcode", "ethnicity"]', "'ethnicity' is a special category"),
        ("policies", '"postcode"]', '"postcode", "upn"]', "'upn' is not in the statutory floor"),
        ("policies", "[eligibility]", "[eligibilty]", "eligibilty: is not a key that is known here; did you mean 'eligibility'?"),
        ("policies", '"DSA-1"', f'"{CANARY}"', "agreement.reference: is not spelled as"),
        ("partners", 'host = "sftp.partner.test"', "port = 0\nhost = 4", "endpoint.host: must be a text in quotes"),
        ("partners", "username", "port = 65536\nusername", "endpoint.port: must be at most 65535"),
        ("partners", "[endpoint]", "[[endpoint]]", "endpoint: must be a table"),
        ("partners", '"sftp.partner', '" sftp.partner', "endpoint.host: begins or ends with a blank: take it out"),
        ("partners", '"sftp.partner', '"sftp. partner', "endpoint.host: must be a server's name or address, without a blank in it"),
        ("partners", '"sftp.partner', '"sftp://sftp.partner', "endpoint.host: must be a server's name or address"),
        ("partners", "partner.test", "partner.test:2222", "endpoint.host: is the server's name or address alone: its port stands in 'port'"),
        ("partners", '"northmere"', '"north mere"', "endpoint.username: must be one word, without a blank in it"),
        ("partners", '"northmere"', '"northmere\\n"', "endpoint.username: has a character that nobody sees in place 10: write the text anew by hand"),
        ("partners", 'keys = ["', 'keys = [" ', "endpoint.host_keys: entry 1 begins or ends with a blank"),
        ("partners", "[endpoint]", '[endpoint]\ninbox = "in box"', "endpoint.inbox: is not spelled as"),
        ("partners", "[endpoint]", 'ack_within = "a day"\n[endpoint]', "ack_within: must be a duration such as"),
        ("schemas", 'field = "forename"', 'field = "forname"', "columns[2].field: is not one of the standard names in config/README.md; did you mean 'forename'?"),
        ("schemas", 'header = "Forename"', 'header = "Surname"', "two columns share the header 'Surname'"),
        ("schemas", '"UPN"', f'"{CANARY * 4}"', "columns[1].header: must have at most 64 characters"),
        ("routes", 'policy = "first"', 'policy = ""', "policy: is still to be filled in"),
        ("routes", "partner", 'release_within = "PT9H"\npartner', "release_within: must be at most 8 hours"),
        ("routes", "partner", "signatures = 1\npartner", "signatures: must be 2"),
        ("routes", 'route = "first"', 'route = "second"', "route: is not the name of the file; make them equal"),
    ],
)  # fmt: skip
def test_a_fault_names_page_key_and_remedy(home, page, old, new, message):
    home.spoil(f"{page}/first", old, new)
    assert message in faults(home, KINDS[page])


@pytest.mark.parametrize("host", ["127.0.0.1", "2001:db8::1", "fe80::1%eth0", "sftp_1.partner.test"])
def test_a_server_may_be_named_or_numbered(home, host):
    home.spoil("partners/first", "sftp.partner.test", host)
    assert load_page(home.path, Partner, "first").endpoint.host == host


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'route = "first"\npartner = {CANARY}\n', "config/routes/first.toml: is not TOML at line 2, column 11"),
        ('route = "first"\nroute = "first"\n', "is not TOML at line 2"),
        ('route = "first', "is not TOML at its end"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_a_slip_of_spelling_is_found_by_line_and_column(home, text, message):
    home.page("routes/first").write_text(text, "utf-8")
    assert message in faults(home, RoutePage)


def test_a_page_that_is_not_utf_8_is_refused(home):
    home.page("routes/first").write_bytes(b'route = "\xff\xfe"')
    assert "is not UTF-8" in faults(home, RoutePage)


def test_a_page_as_large_as_an_extract_is_refused(home):
    home.page("routes/first").write_text("#" * (1 << 20) + "\n", "utf-8")
    assert "is larger than" in faults(home, RoutePage)


def test_a_page_that_is_not_there_is_named(home):
    assert "config/routes/third.toml: is not there" in faults(home, RoutePage, "third")


def test_a_folder_in_place_of_a_page_is_refused(home):
    home.page("routes/third").mkdir()
    assert "cannot be read" in faults(home, RoutePage, "third")
