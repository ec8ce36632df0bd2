import json

import pytest

DOMAIN = "handoff.northmere.test"


def test_init_writes_a_set_and_says_what_to_do_next(gateway, tmp_path):
    spoken = gateway("init", tmp_path / "new", "--domain", DOMAIN)
    assert (spoken.code, spoken.err) == (0, "")
    assert "doctor" in spoken.out
    assert "is an example" not in spoken.out
    signers = {path.name for path in (tmp_path / "new" / "keys" / "signers").iterdir()}
    (people,) = (line for line in spoken.out.splitlines() if "keys/signers" in line)
    assert [role for role in signers if role not in people] == []
    assert (tmp_path / "new" / "config" / "README.md").exists()
    assert (tmp_path / "new" / "keys" / "README.md").exists()


def test_init_without_a_domain_says_that_it_must_be_set(gateway, tmp_path):
    assert "set 'domain'" in gateway("init", tmp_path / "new").out


def test_init_refuses_a_folder_that_holds_something(gateway, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").write_text("precious")
    spoken = gateway("init", tmp_path / "new")
    assert (spoken.code, spoken.out) == (2, "")
    assert "nothing is overwritten" in spoken.err


def test_init_refuses_a_domain_that_does_not_fit(gateway, tmp_path):
    spoken = gateway("init", tmp_path / "new", "--domain", "Not A Domain")
    assert spoken.code == 78
    assert "Not A Domain" not in spoken.err


def test_doctor_says_exactly_what_a_new_gateway_still_needs(gateway, tmp_path):
    gateway("init", tmp_path / "new", "--domain", DOMAIN)
    spoken = gateway("--home", tmp_path / "new", "doctor")
    assert spoken.code == 78
    for key in ("recipient", "acknowledgement_key", "endpoint.host", "endpoint.username", "endpoint.host_keys"):
        assert f"config/partners/youth-support.toml: {key} is still to be filled in" in spoken.out
    assert "ok    keys of prepare" in spoken.out


def test_doctor_speaks_json(gateway, tmp_path):
    gateway("init", tmp_path / "new", "--domain", DOMAIN)
    spoken = gateway("--home", tmp_path / "new", "doctor", "--json")
    answer = json.loads(spoken.out)
    assert answer["exit_code"] == spoken.code == 78
    assert {"name", "outcome", "sentence", "remedy"} == set(answer["checks"][0])


def test_doctor_takes_its_home_from_the_environment(gateway, tmp_path):
    gateway("init", tmp_path / "new", "--domain", DOMAIN)
    assert "keys of prepare" in gateway("doctor", environ={"HANDOFF_HOME": str(tmp_path / "new")}).out


def test_doctor_at_a_folder_without_a_configuration_says_how_to_name_the_right_one(gateway, tmp_path):
    spoken = gateway("--home", tmp_path / "elsewhere", "doctor")
    assert spoken.code == 78
    assert "config/gateway.toml: is not there" in spoken.out
    assert "--home DIR" in spoken.out


@pytest.mark.parametrize("argv", [["doctor"], ["doctor", "--json"]])
def test_doctor_without_a_home_says_so(gateway, argv):
    spoken = gateway(*argv)
    assert spoken.code == 78
    assert "there is no configuration here" in spoken.err


def test_doctor_shows_no_private_key(gateway, tmp_path):
    gateway("init", tmp_path / "new", "--domain", DOMAIN)
    spoken = gateway("--home", tmp_path / "new", "doctor")
    for path in (tmp_path / "new" / "state").rglob("*.key"):
        assert path.read_text().splitlines()[0] not in spoken.out + spoken.err
