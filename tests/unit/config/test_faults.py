from gateway.config.faults import Fault, PageError, did_you_mean, known_names


def test_a_fault_is_one_line_of_page_key_sentence_and_remedy():
    fault = Fault(page="config/gateway.toml", key="a.b", sentence="is wrong", remedy="mend it")
    assert fault.line() == "config/gateway.toml: a.b: is wrong; mend it"
    assert Fault(page="p", key="", sentence="is wrong").line() == "p: is wrong"


def test_the_error_leaves_with_the_code_of_a_configuration_that_cannot_be_used():
    assert PageError([Fault(page="p", key="k", sentence="is wrong")]).exit_code == 78


def test_a_suggestion_is_one_of_our_words_or_nothing():
    assert did_you_mean("SCHEMA_NAM", ["schema_name", "scope"]) == "did you mean 'schema_name'?"
    assert did_you_mean("zzzzzz", ["schema_name"]) == ""
    assert known_names([]) == "none is known yet"
