"""Everything that can go wrong, as one tree. The class owns the exit code.

    GatewayError                        1   something we did not foresee
    ├── UsageError                      2   the command was typed wrongly
    ├── NeedsPerson                     3   something waits for a person
    ├── Refused                         4   the rules say no; nothing left
    ├── InputError                     65   bytes that break their contract
    │   ├── ExtractInvalid                  the file that staff dropped
    │   │   └── StructureInvalid            its bytes or rows are not what the format asks for
    │   ├── StatementInvalid                a release statement
    │   ├── RegisterInvalid                 a consent or hold import
    │   ├── ParcelInvalid                   a parcel, as its receiver sees it
    │   └── FormatInvalid                   a published format, parsed strictly
    │       ├── AgeInvalid                      (header, no match, MAC, payload, armor)
    │       ├── OpenPgpInvalid                  (undecryptable, malformed)
    │       ├── SignatureMalformed
    │       ├── SignersInvalid
    │       └── NoteMalformed
    ├── KeyUnavailable                 66   a key that is needed is not there or not safe
    ├── EvidenceError                  70   cryptography says no
    │   ├── SignatureInvalid
    │   │   └── SignerRejected              sound perhaps, but it does not count
    │   ├── AcknowledgementInvalid
    │   └── LogBroken
    ├── StorageError                   74   the disk or the ledger failed
    ├── DeliveryError                       a parcel did not get through
    │   ├── PartnerUnreachable         75   try again: the network or the server was away
    │   ├── ReleaseLapsed              75   release_by has passed; it is minimised again
    │   ├── Revoked                    75   prepare took the parcel back
    │   ├── AlertUndelivered           75   an alert did not get out yet; it is tried again
    │   ├── Overtaken                  75   another attempt has begun since; this one stops
    │   ├── OutOfTurn                  75   the parcel before it in its sequence has not left
    │   ├── HandedBack                 75   told to stop in the middle; it is gone on with at the next start
    │   ├── OutcomeUnknown             76   the final name may or may not be there
    │   └── PartnerRefused             76   stop and tell: the partner's server said no
    │       ├── HostKeyMismatch
    │       ├── AuthenticationRefused
    │       └── NameTaken
    └── ConfigError                    78   the configuration cannot be used
        └── ClockUntrusted                  the clock is unsynchronised or runs backwards

A message says what happened and to which thing; `remedy` says what to do. Neither ever
holds a value of a child, a secret, or a name that staff chose. A refusal by the rules is
a value with a receipt; `Refused` exists for the command line alone.
"""

import re
from typing import ClassVar


def slug_of(error: BaseException) -> str:
    """`PartnerUnreachable` as `partner-unreachable`: how receipts and log lines name an error."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


class GatewayError(Exception):
    """Something went wrong; the message says what, the remedy what to do."""

    exit_code: ClassVar[int] = 1
    try_again: ClassVar[bool] = False

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(GatewayError):
    exit_code = 2


class NeedsPerson(GatewayError):
    exit_code = 3


class Refused(GatewayError):
    exit_code = 4


class InputError(GatewayError):
    exit_code = 65


class ExtractInvalid(InputError):
    pass


class StructureInvalid(ExtractInvalid):
    """`code` says what is broken, as a slug; `row` where, the header being row 1."""

    def __init__(self, message: str, *, code: str, row: int, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.row = row


class StatementInvalid(InputError):
    pass


class RegisterInvalid(InputError):
    pass


class ParcelInvalid(InputError):
    """A parcel that its receiver does not take; `code` says why, as a slug for the answer."""

    def __init__(self, code: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class FormatInvalid(InputError):
    pass


class AgeInvalid(FormatInvalid):
    pass


class AgeHeaderInvalid(AgeInvalid):
    pass


class AgeNoMatch(AgeInvalid):
    pass


class AgeMacInvalid(AgeInvalid):
    pass


class AgePayloadInvalid(AgeInvalid):
    pass


class AgeArmorInvalid(AgeInvalid):
    pass


class OpenPgpInvalid(FormatInvalid):
    pass


class MessageUndecryptable(OpenPgpInvalid):
    """For no key of ours, changed, or cut short."""


class MessageMalformed(OpenPgpInvalid):
    """Sound as a whole, perhaps, and yet not made as ours are."""


class SignatureMalformed(FormatInvalid):
    pass


class SignersInvalid(FormatInvalid):
    pass


class NoteMalformed(FormatInvalid):
    pass


class KeyUnavailable(GatewayError):
    exit_code = 66


class EvidenceError(GatewayError):
    exit_code = 70


class SignatureInvalid(EvidenceError):
    pass


class SignerRejected(SignatureInvalid):
    """The signature may be sound and yet does not count; `code` says why, as a slug for the receipt."""

    def __init__(self, code: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class AcknowledgementInvalid(EvidenceError):
    pass


class LogBroken(EvidenceError):
    pass


class StorageError(GatewayError):
    exit_code = 74


class DeliveryError(GatewayError):
    exit_code = 76


class PartnerUnreachable(DeliveryError):
    exit_code = 75
    try_again = True


class ReleaseLapsed(DeliveryError):
    exit_code = 75


class Revoked(DeliveryError):
    exit_code = 75


class AlertUndelivered(DeliveryError):
    """`code` says why, as a slug for the report."""

    exit_code = 75
    try_again = True

    def __init__(self, code: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class Overtaken(DeliveryError):
    exit_code = 75
    try_again = True


class OutOfTurn(DeliveryError):
    exit_code = 75
    try_again = True


class HandedBack(DeliveryError):
    exit_code = 75
    try_again = True


class OutcomeUnknown(DeliveryError):
    pass


class PartnerRefused(DeliveryError):
    pass


class HostKeyMismatch(PartnerRefused):
    pass


class AuthenticationRefused(PartnerRefused):
    pass


class NameTaken(PartnerRefused):
    pass


class ConfigError(GatewayError):
    exit_code = 78


class ClockUntrusted(ConfigError):
    pass
