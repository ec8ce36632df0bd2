"""A schema, a policy and a moment become SQL: all rules about what may leave, and nothing executed.

    cells ─▶ parsed ─▶ fault? ─▶ in scope? ─▶ keyed ─▶ register, holds ─▶ verdict ─▶ the output's cells

Each arrow is one SELECT around the one before. Only our own words are spelled in the text:
standard names of fields, codes, shapes. Dates, keys and tags are parameters.

A row whose verdict does not release it has no record. In a record, every cell beside the floor is
`CASE WHEN <this verdict opens this field> THEN <cell> END`: a field that no rule opens cannot be
written, and an empty cell and a withheld one are the same NULL.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.contract.policy import OutputColumn, Policy
from gateway.contract.schema import Schema
from gateway.minimise.ages import born_by
from gateway.minimise.cells import Cells
from gateway.minimise.ending import birthday, ends, last_days
from gateway.minimise.holding import held, testable
from gateway.minimise.keying import keyed_upn
from gateway.minimise.normalising import SPACES, local_id_message, name_key, upn_text, whole_name
from gateway.minimise.openings import optional_fields, register, register_of_tiers
from gateway.minimise.shapes import Fault, faults, parsed, quoted, readings
from gateway.minimise.source import SLICE
from gateway.minimise.subjects import NOTHING_KNOWN, Instead, Known, keys, linked, pairs_are_found
from gateway.minimise.verdicts import (
    AGE,
    DUPLICATE,
    HOLD,
    KEPT_BACK,
    OBJECTION,
    REJECTED,
    TOO_FEW,
    WITHHELD,
    is_told,
    sql_type,
)
from gateway.vocabulary.errors import ConfigError
from gateway.vocabulary.moment import london_day

OLDEST = timedelta(days=44_000)
"""A date of birth 120 years back is a typing error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a worker executes. `days` are parameters: ISO dates, and the codes that keep somebody in scope longer."""

    headers: tuple[str, ...]
    fields: tuple[str, ...]
    delimiter: str
    output: tuple[str, ...]
    faults: tuple[Fault, ...]
    register: str
    """What is kept of a snapshot, which is called `decided`. Empty where no consent is asked."""
    register_of_tiers: str
    """The same where nobody has named single fields."""
    judge: str
    """Creates the table `judged` from one slice: verdict, tags, subject, and the record that leaves. In no order: joins keep none."""
    places: str
    """The rows of one slice, counted from 0, whose places are told, with their verdicts; at most `$most`."""
    held: str
    """The cells of those rows of one slice that leave without what a hold keeps back. Empty where nothing is kept back."""
    pairing: bool
    """Whether `judged` tells by what else a child may be known."""
    unnumbered: bool
    """Whether it tells which rows have no UPN."""
    tagging: bool
    """Whether it tags who stands twice."""
    days: Mapping[str, str]


def compile_plan(
    schema: Schema,
    policy: Policy,
    at: datetime,
    *,
    kinds: frozenset[str],
    known: Known = NOTHING_KNOWN,
    excluding: bool = False,
    tagging: bool = True,
    count_only: bool = False,
    kept_back: frozenset[str] = frozenset(),
    ending: bool = False,
) -> Plan:
    """`kinds` are those of the holds in force: what no hold is recognised by is not computed.

    `kept_back`: fields that leave of nobody on hold, where the policy answers holds by field. `ending`: each row is told
    when it must end (`ending`). `excluding`: an earlier run has found children who stand in the file twice. `tagging`: they are to be found by this one.

    Raises:
        ConfigError: the schema lacks what children are recognised by.
    """
    _require_evidence(schema, policy)
    spaces = frozenset(SPACES.get(kind, kind) for kind in kinds)
    rules = _Rules(
        schema=schema, policy=policy, kinds=spaces, known=known, excluding=excluding, tagging=tagging, kept_back=kept_back,
        ending=ending,
    )  # fmt: skip
    return Plan(
        headers=tuple(column.header for column in schema.columns),
        fields=tuple(column.field for column in schema.columns),
        delimiter=schema.delimiter,
        output=tuple(column.header for column in policy.output),
        faults=faults(schema),
        register=register(policy, linked=known.linked) if policy.kind == "consent" else "",
        register_of_tiers=register_of_tiers(policy, linked=known.linked) if policy.kind == "consent" else "",
        judge=rules.judge(() if count_only else policy.output),
        places=rules.places(),
        held=rules.held() if policy.by_field and kept_back else "",
        pairing=rules.pairing,
        unnumbered=rules.unnumbered,
        tagging=tagging,
        days=_days(policy, at),
    )


def _require_evidence(schema: Schema, policy: Policy) -> None:
    """ConfigError unless the schema holds what a child is judged by."""
    upn = schema.column("upn")
    if upn is None or upn.shape != "upn":
        raise ConfigError("a schema without a 'upn' of the shape 'upn' cannot be judged", remedy="give it that column")
    longer = policy.eligibility and policy.eligibility.longer
    if longer and schema.column(longer.evidence) is None:
        raise ConfigError(
            f"the policy keeps children in scope by {longer.evidence!r}, which the schema does not have",
            remedy="give the schema that column, or take [eligibility.longer] out of the policy",
        )


def _days(policy: Policy, at: datetime) -> dict[str, str]:
    today = london_day(at)
    days = {"today": today, "earliest": today - OLDEST}
    if policy.eligibility:
        days["attained_from"] = born_by(today, policy.eligibility.from_age)
        days["attained_until"] = born_by(today, policy.eligibility.until_age)
        days["attained_holder"] = born_by(today, policy.right_holder_age)
        days |= last_days(policy, today)
    spelled = {name: day.isoformat() for name, day in days.items()}
    if longer := policy.eligibility and policy.eligibility.longer:
        spelled["attained_longer"] = born_by(today, longer.until_age).isoformat()
        spelled["evidence_codes"] = " ".join(longer.codes)
    return spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    schema: Schema
    policy: Policy
    kinds: frozenset[str]
    known: Known
    excluding: bool
    tagging: bool
    kept_back: frozenset[str]
    ending: bool

    @property
    def by_consent(self) -> bool:
        return self.policy.kind == "consent"

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(column.field for column in self.schema.columns)

    @property
    def unnumbered(self) -> bool:
        return self._instead == "name"

    @property
    def pairing(self) -> bool:
        return pairs_are_found(self.fields, naming=self.known.by_name)

    def judge(self, output: tuple[OutputColumn, ...]) -> str:
        query = self._tested_rows(self._faulty_rows(f"SELECT * FROM {self._scan()}"))  # noqa: S608 - our own words only, here and below
        decided = " LEFT JOIN register ON _subject = register.subject" if self.by_consent else ""
        query = f"SELECT *, {self._verdict(self._opened())} AS _verdict FROM ({query}){decided}"  # noqa: S608
        if output:
            query = _over(query, *self._cells(output).named())
            query = _over(query, f"{self._cells(output).record().bare()} AS _bare")
        return f"CREATE OR REPLACE TEMP TABLE judged AS SELECT {', '.join(self._kept(output))} FROM ({query})"  # noqa: S608

    def places(self) -> str:
        told = [f"_verdict = {verdict}" for verdict in WITHHELD if is_told(verdict, by_consent=self.by_consent)]
        # numbered before any join, as the file has them; costs a second reading of slices that have such rows
        query = self._faulty_rows(f"SELECT row_number() OVER () - 1 AS _row, * FROM {self._scan()}")  # noqa: S608
        if self.excluding or not self.by_consent:
            query = _over(self._tested_rows(query), f"{self._verdict('ELSE 0')} AS _verdict")
        else:
            query = _over(query, f"CASE WHEN _fault > 0 THEN {REJECTED} + _fault - 1 ELSE 0 END AS _verdict")
        return f"SELECT _row, _verdict FROM ({query}) WHERE {' OR '.join([f'_verdict >= {REJECTED}', *told])} ORDER BY _row LIMIT $most"  # noqa: S608

    def held(self) -> str:
        tested = self._tested_rows(self._faulty_rows(f"SELECT * FROM {self._scan()}"))  # noqa: S608
        query = _over(tested, f"{self._verdict('ELSE 0')} AS _verdict")
        cells = ", ".join(f"coalesce({quoted(column.field)}, '')" for column in self.schema.columns)
        return f"SELECT {cells} FROM ({query}) WHERE _verdict = {KEPT_BACK}"  # noqa: S608

    def _faulty_rows(self, query: str) -> str:
        for reading in readings(self.schema):
            query = _over(query, *reading)
        return _over(query, f"{self._fault()} AS _fault")

    def _tested_rows(self, query: str) -> str:
        # a SELECT for each step: a name of the same SELECT would be computed again wherever it stands
        query = _over(query, f"{self._in_scope()} AS _in_scope")
        if {"forename", "surname", "date_of_birth"} <= self.fields:
            query = _over(query, f"CASE WHEN _in_scope THEN {self._whole_name()} END AS _whole_name")
        query = _over(query, *self._recognised())
        for columns in keys(self.fields, instead=self._instead, known=self.known):
            query = _over(query, *columns)
        return _over(linked(query, known=self.known), *self._tested())

    @property
    def _instead(self) -> Instead:
        """What a child without a UPN is known by."""
        upn, local_id = self.schema.column("upn"), self.schema.column("local_id")
        if upn is None or upn.required:
            return "nothing"
        if {"forename", "surname", "date_of_birth"} <= self.fields:
            return "name"
        return "local_id" if local_id is not None and local_id.required else "nothing"

    def _scan(self) -> str:
        columns = ", ".join(f"'{column.field}': 'VARCHAR'" for column in self.schema.columns)
        # without new_line the reader takes a CRLF within a cell for the file's own and misreads what follows
        return (
            f"read_csv({SLICE}, columns = {{{columns}}}, auto_detect = false, header = false,"
            f" delim = '{self.schema.delimiter}', quote = '\"', escape = '\"', strict_mode = true, new_line = '\\n',"
            " buffer_size = 4194304, max_line_size = 4194304)"
        )

    def _fault(self) -> str:
        """The number of the first fault from 1 on, 0 for none."""
        cases = " ".join(f"WHEN {f.when} THEN {number}" for number, f in enumerate(faults(self.schema), start=1))
        return f"CAST(CASE {cases} ELSE 0 END AS SMALLINT)" if cases else "CAST(0 AS SMALLINT)"

    def _in_scope(self) -> str:
        if not self.by_consent:
            return "_fault = 0"
        born = parsed("date_of_birth")
        # without a date of birth no age is known: coalesce, so that an unknown is outside and not NULL
        old_enough, too_old = f"{born} <= $attained_from::DATE", f"{born} <= $attained_until::DATE"
        return f"_fault = 0 AND coalesce({old_enough} AND NOT ({too_old} AND NOT {self._stays_longer(born)}), false)"

    def _stays_longer(self, born: str) -> str:
        longer = self.policy.eligibility.longer if self.policy.eligibility else None
        if longer is None:
            return "false"
        has_code = f"coalesce(list_contains(string_split($evidence_codes, ' '), {quoted(longer.evidence)}), false)"
        return f"({born} > $attained_longer::DATE AND {has_code})"

    def _recognised(self) -> Iterator[str]:
        yield f"CASE WHEN _in_scope THEN {keyed_upn(upn_text(), self.known.generations)} END AS _upn_key"
        # the engine hashes NULL as well, and all who lack a UPN would be one child
        own = f"hash({local_id_message()}, $salt::UBIGINT)" if self._instead == "local_id" else "NULL"
        number = f"hash({parsed('upn')}, $salt::UBIGINT)"
        tag = f"CASE WHEN {parsed('upn')} IS NOT NULL THEN {number} ELSE {own} END"
        yield f"{tag if self.tagging else 'CAST(NULL AS UBIGINT)'} AS _upn_tag"
        has_names = {"forename", "surname", "date_of_birth"} <= self.fields
        yield f"{self._name() if has_names else 'CAST(NULL AS VARCHAR)'} AS _name"

    @property
    def _names_are_keyed(self) -> bool:
        """Else it is only asked of a child with a UPN whether it has a name, and any text will do: folding is dear."""
        return self.tagging or self.known.by_name or "name_dob" in self.kinds

    def _whole_name(self) -> str:
        forename, surname = quoted("forename"), quoted("surname")
        whole = whole_name(forename, surname)
        if self._names_are_keyed:
            return whole
        # a name that begins with a capital letter has a letter
        enough = f"{parsed('upn')} IS NOT NULL AND {_is_capital(forename)} AND {surname} IS NOT NULL"
        return f"CASE WHEN {enough} THEN {forename} ELSE {whole} END"

    def _name(self) -> str:
        """Folded name and date of birth."""
        born = quoted("date_of_birth")
        whole = f"WHEN _whole_name IS NOT NULL THEN {name_key('_whole_name', born)}"
        if self._names_are_keyed:
            return f"CASE {whole} END"
        written = f"{_is_capital('_whole_name')} OR regexp_matches(_whole_name, '[A-Za-z0-9]')"
        return f"CASE WHEN {parsed('upn')} IS NOT NULL AND ({written}) THEN {born} {whole} END"

    def _tested(self) -> Iterator[str]:
        yield f"CASE WHEN _in_scope THEN {held(self.fields, self.kinds, self.known.generations)} END AS _held"
        yield f"CASE WHEN _in_scope THEN {testable(self.fields, by_consent=self.by_consent)} END AS _testable"
        tag = "CASE WHEN _name IS NOT NULL THEN hash(_name, $salt::UBIGINT) END"
        yield f"{tag if self.tagging else 'CAST(NULL AS UBIGINT)'} AS _name_tag"

    def _verdict(self, opened: str) -> str:
        """`opened` is what a row is given that nothing speaks against."""
        cases = [f"WHEN _fault > 0 THEN {REJECTED} + _fault - 1"]
        cases += [f"WHEN NOT _in_scope THEN {AGE}"] if self.by_consent else []
        cases += [] if self.policy.by_field else [f"WHEN _held THEN {HOLD}"]
        cases += [f"WHEN NOT coalesce(_testable, false) THEN {TOO_FEW}"]
        cases += [
            f"WHEN _upn_tag IN (SELECT tag FROM excluded) OR _name_tag IN (SELECT tag FROM excluded) THEN {DUPLICATE}"  # noqa: S608
        ] * self.excluding
        cases += [f"WHEN _held THEN {KEPT_BACK}"] if self.policy.by_field else []
        return f"CAST(CASE {' '.join(cases)} {opened} END AS {sql_type(len(optional_fields(self.policy)))})"

    def _opened(self) -> str:
        """Under the right-holder's age what others decided; from then on what the child decided after the birthday."""
        if not self.by_consent:
            return "ELSE 0"
        born, age = parsed("date_of_birth"), self.policy.right_holder_age
        return (
            f"WHEN objected THEN {OBJECTION}"
            f" WHEN {born} > $attained_holder::DATE THEN coalesce(minor_opens, 0)"
            f" WHEN own_given >= {birthday(born, age)} THEN coalesce(own_opens, 0) ELSE 0"
        )

    def _kept(self, output: tuple[OutputColumn, ...]) -> Iterator[str]:
        yield from ("_verdict AS verdict", "_subject AS subject")
        if self.tagging:
            yield from ("_upn_tag AS upn_tag", "_name_tag AS name_tag")
        if self.ending:
            yield f"{ends(self.policy)} AS ends"
        if self.unnumbered:
            yield "_upn_key IS NULL AS unnumbered"
        if self.pairing:
            yield from ("CASE WHEN _other IS NOT NULL THEN _key END AS key", "_other AS other")
        if output:
            yield f"{self._cells(output).record().line('_bare')} AS line"

    def _cells(self, output: tuple[OutputColumn, ...]) -> Cells:
        return Cells(
            output=output, schema=self.schema, policy=self.policy, kept=self.known.kept, kept_back=self.kept_back
        )


def _is_capital(text: str) -> str:
    """Whether it begins with one, of the plain alphabet."""
    return f"ascii({text}) BETWEEN {ord('A')} AND {ord('Z')}"


def _over(query: str, *columns: str) -> str:
    return f"SELECT *, {', '.join(columns)} FROM ({query})" if columns else query  # noqa: S608 - our own words only
