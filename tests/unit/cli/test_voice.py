import io

import pytest

from gateway.cli.voice import Voice, counted, folded, plain
from gateway.vocabulary.errors import ConfigError


@pytest.fixture
def voice():
    return Voice(out=io.StringIO(), err=io.StringIO())


def test_every_line_of_a_message_says_who_speaks(voice):
    assert voice.fail(ConfigError("one\ntwo")) == 78
    assert voice.err.getvalue() == "gateway: one\ngateway: two\n"


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "a\rb", "\u202egnp.exe", "\x9b31m", "line\u2028break", "\x00"])
def test_control_characters_are_shown_and_not_sent(voice, text):
    voice.say(text)
    voice.tell(text)
    sent = voice.out.getvalue() + voice.err.getvalue()
    assert not set(sent) & set("\x1b\r\u202e\x9b\u2028\x00")
    assert "\\x" in sent


def test_letters_of_any_language_pass():
    assert plain("Zoë Nguyễn-Ó Briain 김 🙂\tx") == "Zoë Nguyễn-Ó Briain 김 🙂\tx"


def test_a_table_is_as_wide_as_it_must_be(voice):
    voice.say_table([("a", "long one", "x"), ("bbb", "c", "")])
    assert voice.out.getvalue() == "a    long one  x\nbbb  c\n"


def test_an_empty_table_says_nothing(voice):
    voice.say_table([])
    assert voice.out.getvalue() == ""


def test_a_defect_without_a_trace_has_an_unknown_place(voice):
    assert voice.defect(ValueError("x")) == 1
    assert "ValueError at an unknown place" in voice.err.getvalue()


def test_what_there_is_one_of_is_not_spoken_of_as_many():
    assert [counted(n, "file") for n in (0, 1, 2, 1000)] == ["0 files", "1 file", "2 files", "1,000 files"]
    assert counted(1, "child", "children") + counted(2, "child", "children") == "1 child2 children"


def test_a_line_that_is_too_long_for_the_terminal_goes_on_under_its_own_text():
    text = "  with consent    phone, mobile, parent name, parent phone, school name, year group"
    assert folded(text, 60) == [
        "  with consent    phone, mobile, parent name, parent phone,",
        "                  school name, year group",
    ]  # fmt: skip
    assert folded(text, 200) == [text]
    assert folded(text, 20) == [text], "too narrow to fold"


def test_in_a_pipe_a_line_stays_whole(voice):
    voice.say_folded("  label    " + "word " * 60 + "end")
    assert voice.out.getvalue().count("\n") == 1
