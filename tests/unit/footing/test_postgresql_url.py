"""Which URL of a PostgreSQL is fit to be used; whatever is wrong with one, nothing of it is shown."""

import pytest

from gateway.footing.postgresql_url import why_unfit

FIT = [
    "postgresql+psycopg:///ledger?host=/run/postgresql",
    "postgresql://handoff-prepare@/ledger?host=/run/postgresql&port=5433",
    "postgresql+psycopg://u@db.example/ledger?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem&passfile=/run/c/pgpass",
]
UNFIT = {
    "": "PostgreSQL",
    "sqlite:////tmp/canary": "PostgreSQL",
    "mysql://h/canary": "PostgreSQL",
    "postgresql://u:canary@/ledger?host=/run": "password",
    "postgresql://u:@/ledger?host=/run": "password",
    "postgresql:///ledger?host=/run&password=canary": "password",
    "postgresql:///ledger?host=/run&sslpassword=canary": "password",
    "postgresql:///?host=/run": "names no database",
    "postgresql:///a/b?host=/run": "names no database",
    "postgresql:///canary%20x?host=/run": "names no database",
    "postgresql:///ledger?host=/run#canary": "names no database",
    "postgresql:///ledger": "one host",
    "postgresql://h/ledger?host=/run": "one host",
    "postgresql:///ledger?host=/run,/canary": "one host",
    "postgresql:///ledger?host=/run&options=-ccanary=1": "not known here",
    "postgresql:///ledger?host=/run&host=/canary": "twice",
    "postgresql:///ledger?host=": "empty",
    "postgresql:///ledger?canary": "cannot be read",
    "postgresql://h:canary/ledger": "cannot be read",
    "postgresql://[canary/ledger": "cannot be read",
    "postgresql://h/ledger": "network",
    "postgresql://127.0.0.1/ledger?sslmode=require": "network",
    "postgresql:///ledger?host=canary.example": "network",
}


@pytest.mark.parametrize("url", FIT)
def test_a_fit_url_is_fit(url):
    assert why_unfit(url) is None


@pytest.mark.parametrize("url", UNFIT)
def test_an_unfit_url_is_refused_with_a_reason_that_shows_nothing_of_it(url):
    reason = why_unfit(url)
    assert reason is not None
    assert UNFIT[url] in reason
    assert "canary" not in reason
