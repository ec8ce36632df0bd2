"""What `gateway receive` says of parcels: a line each, and the exit code of them all."""

from datetime import datetime

from gateway.cli.voice import Voice, counted
from gateway.partner.receiving import Received
from gateway.seal.rejections import REJECTIONS
from gateway.vocabulary import moment
from gateway.vocabulary.errors import GatewayError, LogBroken, NeedsPerson, ParcelInvalid, SignatureInvalid

_WORDS = {
    "accepted": "accepted and answered",
    "rejected": "rejected, and the sender was told",
    "repeated": "came again; it was answered as before",
    "waits": "waits for the parcel before it",
    "unanswered": "left where it lies, unanswered",
}


def exit_code(parcels: tuple[Received, ...]) -> int:
    if any(parcel.alarm for parcel in parcels):
        return LogBroken.exit_code
    if any(parcel.result == "unanswered" for parcel in parcels):
        return SignatureInvalid.exit_code
    if any(parcel.result == "rejected" or parcel.code == "replayed" for parcel in parcels):
        return ParcelInvalid.exit_code
    return NeedsPerson.exit_code if any(parcel.result == "waits" for parcel in parcels) else 0


def say(voice: Voice, parcels: tuple[Received, ...]) -> None:
    for parcel in parcels:
        voice.say(line(parcel))
        if parcel.alarm:
            tell_failure(voice, parcel.alarm)


def line(parcel: Received) -> str:
    rows = f": {counted(parcel.rows, 'row')}" if parcel.rows is not None else ""
    where = " into the database" if parcel.place == "database" else ""
    why = f": {REJECTIONS[parcel.code]} ({parcel.code})" if parcel.code else ""
    return f"{parcel.transfer}  {_WORDS[parcel.result]}{rows}{where}{why}{_gap(parcel)}"


def _gap(parcel: Received) -> str:
    if parcel.missing is None:
        return ""
    return f"; this is number {parcel.sequence} of {parcel.route}, number {parcel.missing} is missing"


def plain(parcel: Received) -> dict[str, object]:
    return {
        "transfer": parcel.transfer, "result": parcel.result, "code": parcel.code, "rows": parcel.rows,
        "place": parcel.place, "route": parcel.route, "sequence": parcel.sequence, "missing": parcel.missing,
        "alarm": parcel.alarm.message if parcel.alarm else None,
    }  # fmt: skip


def tell_failure(voice: Voice, error: GatewayError) -> None:
    voice.tell(error.message)
    voice.tell_what_to_do(error.remedy)


def stamped(at: datetime, text: str) -> str:
    return f"{moment.spell(at)}  {text}"
