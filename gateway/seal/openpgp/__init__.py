"""The other format that a partner can ask for: OpenPGP, since many transfer products import nothing else.

    TRANSFER.pgp            the data file, one signed and encrypted message
    TRANSFER.manifest.pgp   the manifest, another one
    TRANSFER.json.sig       SSHSIG over the envelope, as of any parcel
    TRANSFER.json           the envelope

What age gives and this does not: no padding, so that sizes tell more; no container, so that the
manifest is a message of its own; SHA-1 in its detection code, which gpg 2.2 wants. OpenPGP as gpg
reads it binds no recipient: each partner has a signing key of its own that names it, and each
signature names the certificates that it is meant for.

Messages are written by us, and opened by us where a partner has this program (`opening`), on
`gateway.crypto.openpgp`. Certificates, and answers of partners that have gpg, are for Sequoia
(pysequoia, the extra `openpgp`) to judge. It holds Python's lock while it works, seals to expired
and revoked certificates without a word, and puts quotations into its errors: so it runs in a
process of its own (`worker`), seals nothing, and nothing that it says is repeated.
"""
