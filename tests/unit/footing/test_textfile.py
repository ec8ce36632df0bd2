"""Numbers for a collector, in its own format; nothing but numbers and slugs."""

import stat

import pytest

from gateway.footing.textfile import Metric, spell, write


def a_metric(values, name="handoff_transfers_open"):
    return Metric(name=name, meaning="Handoffs.", values=values)


def test_a_metric_is_spelled_with_its_help_type_and_labels():
    labels = (("route", "yss"), ("stage", "in-doubt"))
    assert spell([a_metric({labels: 3}), a_metric({(): 1795512600}, "handoff_looked")]) == (
        "# HELP handoff_transfers_open Handoffs.\n# TYPE handoff_transfers_open gauge\n"
        'handoff_transfers_open{route="yss",stage="in-doubt"} 3\n'
        "# HELP handoff_looked Handoffs.\n# TYPE handoff_looked gauge\nhandoff_looked 1795512600\n"
    )


@pytest.mark.parametrize("label", ["", "Jo Bloggs", 'a"b', "a\nb", "2010-05-31", "x" * 65])
def test_a_label_that_is_no_slug_is_a_defect_and_not_written(tmp_path, label):
    with pytest.raises(ValueError, match="no slug"):
        write(tmp_path / "handoff.prom", [a_metric({(("route", label),): 1})])
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_ours_is_a_defect():
    with pytest.raises(ValueError, match="not the name"):
        spell([a_metric({}, "python_info")])


def test_the_file_is_replaced_as_a_whole_and_readable_by_the_collector(tmp_path):
    path = tmp_path / "handoff.prom"
    for count in (1, 2):
        write(path, [a_metric({(): count})])
    assert path.read_text().endswith("handoff_transfers_open 2\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["handoff.prom"]
