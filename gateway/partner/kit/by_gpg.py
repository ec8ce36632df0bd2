"""What the kit's page says to a partner that takes OpenPGP, where it differs: what we need, and how to rehearse."""

from collections.abc import Iterator

from gateway.partner.kit import steps


def wanted(partner: str) -> Iterator[str]:
    yield "## What we need from you"
    yield ""
    yield f"Make a key whose user id is `{partner}` (`ME={partner}` first), or use the one you have:"
    yield ""
    yield from block(steps.MAKE_GPG_KEY)
    yield "Then send us, and have its fingerprint ready for the telephone:"
    yield ""
    yield "    certificate          certificate.asc; again, with the same fingerprint, before it expires"
    yield "    acknowledgement key  acknowledge.pub, if our program is to answer for you: see the end"
    yield "    host, port, user     of an SFTP account that takes our key: sftp-ROUTE.pub"
    yield "    host keys            ssh-keyscan on the server itself, not from outside"
    yield "    two folders          inbox (we write, rename, read and delete our own files), acknowledgements (we read)"
    yield ""
    yield f"We write the fingerprint on our page of `{partner}`, and the data protection officer and a second person sign it."
    yield ""


def rehearsal(names: str, rows: int) -> Iterator[str]:
    yield f"## Rehearse: {rows} invented children"
    yield ""
    yield "Copy `council.signers`, `council.asc` and what lies in `rehearsal/` into a new folder, and run each block there"
    yield "with `sh`, these four lines first; it stops at the first thing that does not hold:"
    yield ""
    yield from block(names)
    yield "Check it: it must not have expired, and be number 1 of its route."
    yield ""
    yield from block(steps.CHECK_GPG)
    yield "Open it: the data and the manifest are a message each, both signed with our key for you."
    yield ""
    yield from block(steps.OPEN_GPG)
    yield "Answer it. Of a real parcel both files go into `acknowledgements`, the signature first; these you send to us."
    yield ""
    yield from block(steps.ANSWER_GPG)
    yield "With our program, copy `receiver.toml` there too and make its folder out of your key, which gpg keeps:"
    yield ""
    yield from block(steps.INSTALL_GPG)
    yield "Protect `openpgp.key` by its mode alone; or, if your key has a passphrase, write that into"
    yield '`receiver/keys/passphrase.key` and `passphrase = "keys/passphrase.key"` into `receiver.toml`. Send us'
    yield "`acknowledge.pub`: from when it stands on our page of you, your answers are signed with it and not with gpg."
    yield "Then the same parcel goes into `receiver/inbox`, and `gateway receive receiver`."
    yield ""


def block(text: str) -> Iterator[str]:
    yield "```sh"
    yield text.removesuffix("\n")
    yield "```"
    yield ""
