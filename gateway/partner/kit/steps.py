"""The steps of a partner without our software, word for word as docs/PARTNERS.md and the kit's page have them.

Shell lines for age, unzip, coreutils and OpenSSH; or, for a partner that asked for OpenPGP, with gpg
in place of age and unzip. Each block ends with an error at the first
thing that does not hold; the tests run them as they stand here.
"""

from typing import Final

MAKE_KEYS: Final = """\
set -e
age-keygen -o identity.txt
ssh-keygen -q -t ed25519 -N "" -C acknowledge -f acknowledge
"""
"""Once: what parcels are sealed to, and what answers are signed with. The public halves go to the council."""

CHECK: Final = """\
set -e
ssh-keygen -Y verify -f council.signers -I "$COUNCIL" -n "envelope@$DOMAIN" -s "$TRANSFER.json.sig" < "$TRANSFER.json"
SEALED=$(sed -n 's/.*"ciphertext":{"sha256":"\\([0-9a-f]*\\)".*/\\1/p' "$TRANSFER.json")
echo "$SEALED  $TRANSFER.age" | sha256sum --check
grep -q "{\\"id\\":\\"$ME\\"," "$TRANSFER.json"
tr ',{' '\\n\\n' < "$TRANSFER.json" | grep -E '^"(expires|route|sequence|transfer)":'
"""
"""The envelope is the council's, the sealed file is the one it describes, and it names us. The rest is for the eye."""

OPEN: Final = """\
set -e
age -d -i identity.txt -o parcel.zip "$TRANSFER.age"
test "$(unzip -Z1 parcel.zip | wc -l)" -eq 4
unzip -q parcel.zip -d parcel
ssh-keygen -Y verify -f council.signers -I "$COUNCIL" -n "content@$DOMAIN" \\
    -s parcel/manifest.json.sig < parcel/manifest.json
MANIFEST=$(sed -n 's/.*"manifest":"\\([0-9a-f]*\\)".*/\\1/p' "$TRANSFER.json")
echo "$MANIFEST  parcel/manifest.json" | sha256sum --check
FILE=$(sed -n 's/.*"file":{"name":"\\([a-z0-9.-]*\\)".*/\\1/p' parcel/manifest.json)
DATA=$(sed -n 's/.*"file":{[^}]*"sha256":"\\([0-9a-f]*\\)".*/\\1/p' parcel/manifest.json)
echo "$DATA  parcel/$FILE" | sha256sum --check
"""
"""Opened, the content is the council's too, and the data is the file that the manifest describes."""

ANSWER: Final = """\
set -e
ENVELOPE=$(sha256sum < "$TRANSFER.json" | cut -d ' ' -f 1)
MANIFEST=$(sha256sum < parcel/manifest.json | cut -d ' ' -f 1)
ROWS=$(sed -n 's/.*"rows":\\([0-9]*\\),.*/\\1/p' parcel/manifest.json)
printf '{"at":"%s","checkpoint":null,"code":null,"disposition":"accepted","envelope":"%s","manifest":"%s",' \\
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ENVELOPE" "$MANIFEST" > "$TRANSFER.ack.json"
printf '"recipient":"%s","rows":%s,"transfer":"%s","type":"handoff-acknowledgement/v1"}\\n' \\
    "$ME" "$ROWS" "$TRANSFER" >> "$TRANSFER.ack.json"
ssh-keygen -Y sign -n "acknowledge@$DOMAIN" -f acknowledge "$TRANSFER.ack.json"
"""
"""Both files into the folder for answers, the signature first."""

INSTALL: Final = """\
set -e
mkdir -m 700 receiver receiver/keys
mkdir receiver/inbox receiver/acknowledgements
cp receiver.toml receiver/
cp council.signers receiver/keys/sender
cp identity.txt receiver/keys/identity.key
cp acknowledge receiver/keys/acknowledge.key
chmod 600 receiver/keys/*
"""
"""A folder for `gateway receive`, out of the same keys and the two files from the kit."""

MAKE_GPG_KEY: Final = """\
set -e
gpg --quick-generate-key "$ME" default default 2y
gpg --armor --export "=$ME" > certificate.asc
gpg --fingerprint "=$ME"
"""
"""Once: what parcels are sealed to, and what answers are signed with."""

INSTALL_GPG: Final = """\
set -e
mkdir -m 700 receiver receiver/keys
mkdir receiver/inbox receiver/acknowledgements
cp receiver.toml receiver/
cp council.signers receiver/keys/sender
cp council.asc receiver/keys/
gpg --export-options export-minimal --export-secret-subkeys "=$ME" > receiver/keys/openpgp.key
ssh-keygen -q -t ed25519 -N "" -C acknowledge -f acknowledge
cp acknowledge receiver/keys/acknowledge.key
chmod 600 receiver/keys/*
"""
"""The same folder for a partner whose key gpg keeps: what encrypts is copied out of it, what signs stays. Answers are
signed by a key of their own, whose public half goes to the council."""

CHECK_GPG: Final = CHECK.replace("$TRANSFER.age", "$TRANSFER.pgp")

OPEN_GPG: Final = """\
set -e
gpg --import council.asc
gpg --with-colons --show-keys council.asc | sed -n 's/^fpr:*\\([0-9A-F]\\{40\\}\\):$/VALIDSIG \\1 /p' > council.keys
mkdir parcel
gpg --status-fd 3 --output parcel/manifest.json --decrypt "$TRANSFER.manifest.pgp" 3> manifest.status
gpg --status-fd 3 --output parcel/data --decrypt "$TRANSFER.pgp" 3> data.status
grep -qF -f council.keys manifest.status
grep -qF -f council.keys data.status
MANIFEST=$(sed -n 's/.*"manifest":"\\([0-9a-f]*\\)".*/\\1/p' "$TRANSFER.json")
echo "$MANIFEST  parcel/manifest.json" | sha256sum --check
FILE=$(sed -n 's/.*"file":{"name":"\\([a-z0-9.-]*\\)".*/\\1/p' parcel/manifest.json)
DATA=$(sed -n 's/.*"file":{[^}]*"sha256":"\\([0-9a-f]*\\)".*/\\1/p' parcel/manifest.json)
mv parcel/data "parcel/$FILE"
echo "$DATA  parcel/$FILE" | sha256sum --check
"""
"""Both messages are signed with the council's key for this partner, and are what the envelope names."""

ANSWER_GPG: Final = ANSWER.replace(
    'ssh-keygen -Y sign -n "acknowledge@$DOMAIN" -f acknowledge "$TRANSFER.ack.json"',
    'gpg --armor --local-user "=$ME" --output "$TRANSFER.ack.json.sig" --detach-sign "$TRANSFER.ack.json"',
)
