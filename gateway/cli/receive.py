"""`gateway receive [DIR]`: the partner's side of a handoff: verify, open, take over, answer."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.cli.voice import Voice
from gateway.partner.receiving import Received, receive
from gateway.partner.settings import load_receiver
from gateway.seal.rejections import REJECTIONS
from gateway.vocabulary.errors import LogBroken, NeedsPerson, ParcelInvalid, SignatureInvalid

_WORDS = {
    "accepted": "accepted and answered",
    "rejected": "rejected, and the sender was told",
    "repeated": "came again; it was answered as before",
    "waits": "waits for the parcel before it",
    "unanswered": "left where it lies, unanswered",
}

app = new_app()


@app.command(name="receive")
def receive_parcels(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The receiver's folder, which holds receiver.toml.")
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> int:
    """Verify and open every parcel in the inbox, take over its data, and answer the sender.

    Run it as often as you like: a parcel is taken over once and answered alike every time.
    Leaves with 0, with 3 if a parcel waits for the one before it, with 65 if one was rejected,
    with 70 if one is not from the sender we know, or the sender's log contradicts itself.
    """
    session = Session.of(context)
    parcels = receive(load_receiver(folder.absolute()), session.clock())
    code = _exit_code(parcels)
    if as_json:
        session.voice.say_json({"parcels": [_plain(parcel) for parcel in parcels], "exit_code": code})
    else:
        _say(session.voice, parcels)
    return code


def _exit_code(parcels: tuple[Received, ...]) -> int:
    if any(parcel.alarm for parcel in parcels):
        return LogBroken.exit_code
    if any(parcel.result == "unanswered" for parcel in parcels):
        return SignatureInvalid.exit_code
    if any(parcel.result == "rejected" or parcel.code == "replayed" for parcel in parcels):
        return ParcelInvalid.exit_code
    return NeedsPerson.exit_code if any(parcel.result == "waits" for parcel in parcels) else 0


def _say(voice: Voice, parcels: tuple[Received, ...]) -> None:
    if not parcels:
        voice.say("nothing has arrived")
    for parcel in parcels:
        rows = f": {parcel.rows} rows" if parcel.rows is not None else ""
        why = f": {REJECTIONS[parcel.code]} ({parcel.code})" if parcel.code else ""
        voice.say(f"{parcel.transfer}  {_WORDS[parcel.result]}{rows}{why}")
        if parcel.alarm:
            voice.tell(parcel.alarm.message)
            voice.tell(f"what to do: {parcel.alarm.remedy}")


def _plain(parcel: Received) -> dict[str, object]:
    return {
        "transfer": parcel.transfer,
        "result": parcel.result,
        "code": parcel.code,
        "rows": parcel.rows,
        "alarm": parcel.alarm.message if parcel.alarm else None,
    }
