"""Prepare's end of its desk: the verb that a person asked for, run as it would be in place, with that person's hands.

Its words are parsed here anew: nothing is taken over from the person's process but these words
and what it is asked for afterwards. Who the person is, and so what they may, is the kernel's
word. A path among the words leads nowhere: these hands do not look at it.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import typer
from typer.exceptions import TyperException

from gateway.cli.session import Session
from gateway.cli.usage import usage_error
from gateway.cli.verbs import VERBS
from gateway.cli.voice import Voice
from gateway.pickup.claim import copy_from
from gateway.service.desk.conversation import BLOCK, Brought, Conversation, Said
from gateway.service.desk.listening import Answer
from gateway.service.desk.peers import Peer
from gateway.service.desk.request import Request
from gateway.service.desk.roles import check
from gateway.story.opening_staged import sealed_file
from gateway.story.staged import Staged
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import GatewayError, UsageError
from gateway.vocabulary.parcel import names_of


def answering(service: Session) -> Answer:
    """What the desk does with whoever comes: with the service's own home, environment and clock."""

    def answer(conversation: Conversation, peer: Peer) -> int:
        request = conversation.request()
        out = Said(conversation, "out", terminal="out" in request.terminals)
        err = Said(conversation, "err", after=(out,))
        session = Session(
            environ=service.environ,
            voice=Voice(out=cast("TextIO", out), err=cast("TextIO", err), as_json="--json" in request.words),
            stdin=_standard_input(conversation, request, (out, err)),
            clock=service.clock,
            given_home=service.home(),
            hands=FarHands(conversation, peer.uid),
        )
        code = _carried_out(request, peer, session)
        out.flush()
        return code

    return answer


def _carried_out(request: Request, peer: Peer, session: Session) -> int:
    """Raises only what goes wrong while it is told what went wrong: then the conversation is over."""
    try:
        check(request.words, peer.roles)
        return _run(request.words, session)
    except GatewayError as error:
        return session.voice.fail(error)
    except Exception as error:  # noqa: BLE001 - an edge, as in `main`: whatever it is, its message is not shown
        return session.voice.defect(error)


def _run(words: tuple[str, ...], session: Session) -> int:
    command = typer.main.get_command(import_module(VERBS[words[0]][0]).app)
    try:
        with command.make_context(f"gateway {words[0]}", list(words[1:]), obj=session) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as leaving:
        return leaving.exit_code
    except TyperException as error:
        raise usage_error(error) from error


def _standard_input(conversation: Conversation, request: Request, said: tuple[Said, ...]) -> TextIO:
    raw = Brought(conversation, "input", terminal="in" in request.terminals, first=said)
    return io.TextIOWrapper(io.BufferedReader(raw, BLOCK), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class FarPapers:
    """Whoever is at the other end gives out, and writes, only what belongs to the verb."""

    conversation: Conversation

    def names(self) -> list[str]:
        return self.conversation.names()

    def read_small(self, name: str, limit: int) -> bytes:
        return self.conversation.paper(name, limit)

    def write(self, name: str, data: bytes) -> None:
        self.conversation.write_paper(name, data)


@dataclass(frozen=True, slots=True)
class FarHands:
    """Paths, and whether to ask, are the person's own business, and known at the other end."""

    conversation: Conversation
    uid: int

    def sign(self, key: Path, message: bytes, namespace: str) -> str:  # noqa: ARG002
        return self.conversation.signature(message, namespace, shown=False)

    def agree(self, key: Path, text: bytes, namespace: str, *, yes: bool) -> str:  # noqa: ARG002
        return self.conversation.signature(text, namespace, shown=True)

    @contextmanager
    def papers(self, file: Path) -> Iterator[FarPapers]:  # noqa: ARG002
        yield FarPapers(self.conversation)

    @contextmanager
    def opened(self, file: Path) -> Iterator[BinaryIO]:  # noqa: ARG002
        with io.BufferedReader(Brought(self.conversation, "file"), BLOCK) as stream:
            yield cast("BinaryIO", stream)

    def copied(self, file: Path, target: Path, limit: int) -> Digest:  # noqa: ARG002
        return copy_from(lambda most: self.conversation.bring("file", most), target, limit=limit)

    def refuse_taken(self, page: Path) -> None:  # noqa: ARG002
        if self.conversation.page_is_taken():
            raise UsageError("the file for --export is there already", remedy="name a new one: nothing is overwritten")

    def write_page(self, page: Path, data: bytes) -> None:  # noqa: ARG002
        self.conversation.write_page(data)

    @contextmanager
    def parcel(self, staged: Staged, files: Path, identity: Path, into: Path) -> Iterator["FarParcel"]:  # noqa: ARG002
        with ExitStack() as stack:
            sealed = [stack.enter_context(sealed_file(files, name)) for name in names_of(staged.transfer)]
            self.conversation.open_parcel(staged.encode(), sealed)
        yield FarParcel(self.conversation)


@dataclass(frozen=True, slots=True)
class FarParcel:
    conversation: Conversation

    def keep(self) -> str:
        return self.conversation.keep_parcel()
