"""The other format that a partner can ask for: OpenPGP, since many transfer products import nothing else.

    TRANSFER.pgp            the data file, one signed and encrypted message
    TRANSFER.manifest.pgp   the manifest, another one
    TRANSFER.json.sig       SSHSIG over the envelope, as of any parcel
    TRANSFER.json           the envelope

What age gives and this does not: no padding, so that sizes tell more; no binding to the
recipient, so that each partner gets a signing certificate of its own that names it; and a
library (Sequoia, by pysequoia) that holds Python's lock while it works, encrypts to expired
and revoked certificates without a word, and puts quotations into its errors. It therefore
runs in a process of its own (`worker`), certificates are looked at by us, and nothing that it
says is repeated.
"""
