"""The person's end of prepare's desk: a verb that needs prepare's keys goes there if prepare runs, else runs in place.

Everything of the person's stays in this process: their key signs here, their files are read and
written here, a statement is shown here before it is signed. What prepare asks for is given
only if it belongs to the verb that was typed: one file, one page, one statement with its
signatures, one namespace. Anything else ends the conversation.
"""

import codecs
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperCommand

from gateway.approval.register_desk import statement_name
from gateway.cli.own_hands import OwnHands
from gateway.cli.parcel_at_hand import ParcelAtHand
from gateway.cli.session import Session
from gateway.config.load import Configuration
from gateway.config.machine import read_settings
from gateway.footing.drop_folder import Identity
from gateway.service.desk.conversation import BLOCK
from gateway.service.desk.frames import MOST_BYTES, Frame, Line
from gateway.service.desk.listening import connected
from gateway.service.desk.request import TYPE, Request
from gateway.service.desk.roles import act_of, is_for_desk
from gateway.vocabulary.errors import ExtractInvalid, FormatInvalid, StorageError, UsageError
from gateway.vocabulary.namespaces import of_act

WAIT_SECONDS = 3600.0
"""For prepare, which may count ten million rows meanwhile."""
CHALLENGE = 32
SIGNED: Final[Mapping[str, tuple[str, str]]] = {
    "consent import": ("agreement", "register.import"),
    "consent record": ("signature", "register.record"),
    "hold lift": ("agreement", "hold.lift"),
    "hold list": ("signature", "hold.list"),
    "hold release": ("signature", "hold.release"),
    "disclosures": ("signature", "hold.list"),
    "preview --child": ("signature", "hold.list"),
}
"""What each act may ask the person's key for, and in which namespace: an agreement is shown, a signature is of a challenge."""


class DeskCommand(TyperCommand):
    """Parsed as ever, in the person's process; carried out at the desk if somebody is there."""

    def invoke(self, ctx: Any) -> Any:
        session = Session.of(ctx)
        at_desk = _desk(session) if session.hands is None and is_for_desk(session.words) else None
        if at_desk is None:
            return super().invoke(ctx)
        sock, domain = at_desk
        with sock, ExitStack() as stack:
            ended = PersonsEnd(Line(sock), session, Named.of(ctx, session.words), domain, stack).converse()
        return super().invoke(ctx) if ended is None else ended


def _desk(session: Session) -> tuple[socket.socket, str] | None:
    """The connection, and the gateway's domain; None if nobody is there: a verb in place says what it lacks."""
    home = session.home()
    configuration = Configuration(home=home, settings=read_settings(home, session.environ), routes=())
    try:
        return connected(configuration.workspace.desk), configuration.settings.domain
    except OSError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the person named on the command line: all that may be asked for."""

    act: str
    key: Path | None
    file: Path | None
    page: Path | None
    number: int | None
    identity: Path | None
    into: Path | None
    yes: bool

    @classmethod
    def of(cls, context: typer.Context, words: tuple[str, ...]) -> "Named":
        given = context.params
        return cls(
            act=act_of(words), key=given.get("key") or given.get("reviewer"), file=given.get("file"),
            page=given.get("export"), number=given.get("number"), identity=given.get("identity"),
            into=given.get("into"), yes=bool(given.get("yes")),
        )  # fmt: skip

    @property
    def papers_of(self) -> Path:
        """The file, there or not, beside which the statement lies."""
        if self.file is not None:
            return self.file
        if self.number is not None:
            return Path(f"hold-{self.number}")
        raise _not_of_this_verb()

    def is_paper(self, name: str) -> bool:
        statement = statement_name(self.papers_of.name)
        return name == statement or (name.startswith(f"{statement}.") and "/" not in name)


@dataclass(slots=True)
class PersonsEnd:
    line: Line
    session: Session
    named: Named
    domain: str
    stack: ExitStack
    _page: bytearray = field(default_factory=bytearray)
    _asked: bool = False
    _read: Callable[[int], bytes] | None = None
    _parcel: ParcelAtHand | None = None
    _decoders: dict[str, codecs.IncrementalDecoder] = field(
        default_factory=lambda: {name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("out", "err")}
    )

    def converse(self) -> int | None:
        """The verb's exit code; None if nobody attended: whoever sits at the door could hand the person over to no prepare.

        Raises:
            StorageError: prepare went away before it had answered.
            FormatInvalid: it asked for what does not belong to the verb.
        """
        while True:
            frame = self.line.receive(WAIT_SECONDS)
            if frame is None and not self._asked:
                return None
            if frame is None:
                raise StorageError(
                    "prepare ended before it had answered",
                    remedy="nothing was done, or all of it: look ('gateway status', 'gateway receipts list') before you type it again",
                )
            if "done" in frame.members:
                return frame.count("done")
            if "here" in frame.members:
                self._ask(frame)
            elif "say" in frame.members:
                self._say(frame)
            else:
                self._give(frame)

    def _ask(self, frame: Frame) -> None:
        """Not before somebody attends: who is turned away would not hear why."""
        if frame.text("here") != TYPE:
            raise FormatInvalid("prepare is of another version than this program", remedy="upgrade and restart both")
        terminals = {"in": self.session.stdin, "out": self.session.voice.out}
        mine = frozenset(name for name, stream in terminals.items() if stream.isatty())
        self._asked = True
        self.line.send(Request(words=self.session.words, terminals=mine).members())

    @property
    def hands(self) -> OwnHands:
        return OwnHands(self.session)

    def _say(self, frame: Frame) -> None:
        voice, name = self.session.voice, frame.text("say")
        if name not in self._decoders:
            raise _not_of_this_verb()
        stream = voice.out if name == "out" else voice.err
        stream.write(self._decoders[name].decode(frame.data))
        stream.flush()

    def _give(self, frame: Frame) -> None:
        answers: dict[str, Callable[[Frame], bytes]] = {
            "input": self._input, "file": self._file, "signature": self._signature, "agreement": self._signature,
            "names": self._names, "paper": self._paper, "write-paper": self._write_paper,
            "page-taken": self._page_taken, "page": self._take_page, "write-page": self._write_page,
            "parcel": self._take_parcel, "sealed": self._add_sealed, "open": self._open_parcel, "keep": self._keep_parcel,
        }  # fmt: skip
        wanted = frame.text("want")
        if wanted not in answers:
            raise _not_of_this_verb()
        try:
            data = answers[wanted](frame)
        except ExtractInvalid as error:
            self.line.send({"failed": error.message})
            return
        self.line.send({}, data)

    def _input(self, frame: Frame) -> bytes:
        stdin, most = self.session.stdin, min(frame.count("most"), BLOCK)
        raw = getattr(stdin, "buffer", None)
        if raw is None:
            return stdin.read(most // 4).encode("utf-8")
        data: bytes = raw.readline(most) if stdin.isatty() else raw.read1(most)
        return data

    def _file(self, frame: Frame) -> bytes:
        self._read = self._read or self._reading()
        return self._read(min(frame.count("most"), BLOCK))

    def _reading(self) -> Callable[[int], bytes]:
        if self.named.file is None:
            raise _not_of_this_verb()
        if not self.named.act.startswith("preview"):
            return self.stack.enter_context(self.hands.opened(self.named.file)).read
        folder, name = self.stack.enter_context(self.hands.extract(self.named.file))
        stream = self.stack.enter_context(folder.opened(name))
        before = Identity.of(os.fstat(stream.fileno()))

        def read(most: int) -> bytes:
            data = stream.read(most)
            if not data and before != Identity.of(os.fstat(stream.fileno())):
                raise ExtractInvalid("the extract changed while it was read", remedy="type it again")
            return data

        return read

    def _signature(self, frame: Frame) -> bytes:
        what, named = frame.text("want"), self.named
        kind, act = SIGNED.get(named.act, ("", ""))
        sound = what == kind and frame.text("namespace") == of_act(act, self.domain)
        if named.key is None or not sound or (what == "signature" and len(frame.data) != CHALLENGE):
            raise _not_of_this_verb()
        namespace = frame.text("namespace")
        if what == "agreement":
            return self.hands.agree(named.key, frame.data, namespace, yes=named.yes).encode("ascii")
        return self.hands.sign(named.key, frame.data, namespace).encode("ascii")

    def _names(self, _: Frame) -> bytes:
        with self.hands.papers(self.named.papers_of) as folder:
            return json.dumps([name for name in folder.names() if self.named.is_paper(name)]).encode("ascii")

    def _paper(self, frame: Frame) -> bytes:
        with self.hands.papers(self.named.papers_of) as folder:
            return folder.read_small(self._named_paper(frame), min(frame.count("most"), MOST_BYTES))

    def _write_paper(self, frame: Frame) -> bytes:
        with self.hands.papers(self.named.papers_of) as folder:
            folder.write(self._named_paper(frame), frame.data)
        return b""

    def _named_paper(self, frame: Frame) -> str:
        if not self.named.is_paper(name := frame.text("name")):
            raise _not_of_this_verb()
        return name

    def _page_taken(self, _: Frame) -> bytes:
        try:
            self.hands.refuse_taken(self._named_page())
        except UsageError:
            return b"\1"
        return b""

    def _take_page(self, frame: Frame) -> bytes:
        self._named_page()
        self._page += frame.data
        return b""

    def _write_page(self, _: Frame) -> bytes:
        self.hands.write_page(self._named_page(), bytes(self._page))
        return b""

    def _take_parcel(self, frame: Frame) -> bytes:
        self._at_hand.take(frame.data)
        return b""

    def _add_sealed(self, frame: Frame) -> bytes:
        self._at_hand.add(frame.count("which"), frame.data)
        return b""

    def _open_parcel(self, _: Frame) -> bytes:
        self._at_hand.open()
        return b""

    def _keep_parcel(self, _: Frame) -> bytes:
        return self._at_hand.keep().encode("utf-8", "surrogateescape")

    @property
    def _at_hand(self) -> ParcelAtHand:
        if self.named.act != "open" or self.named.identity is None or self.named.into is None:
            raise _not_of_this_verb()
        self._parcel = self._parcel or ParcelAtHand(self.hands, self.named.identity, self.named.into, self.stack)
        return self._parcel

    def _named_page(self) -> Path:
        if self.named.page is None:
            raise _not_of_this_verb()
        return self.named.page


def _not_of_this_verb() -> FormatInvalid:
    return FormatInvalid(
        "prepare asked for what does not belong to this verb, and was not given it",
        remedy="both ends must be one version; if they are, somebody else listens there: report it",
    )
