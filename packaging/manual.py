"""The manual page gateway(1), from the tables that the command itself is made of: it cannot say anything else."""

from gateway.cli.exit_codes import MEANINGS
from gateway.cli.verbs import VERBS

_HEAD = r"""
.SH NAME
gateway \- hand children's data to the bodies that must have it, and prove what left
.SH SYNOPSIS
.B gateway
[\fB\-\-home\fR \fIDIR\fR] \fIVERB\fR [\fIOPTION\fR ...]
.SH DESCRIPTION
Two people approve what is about to leave, every child and every field is released by rule at that moment, and what
left can be proved: sealed to the partner's key, delivered by SFTP, receipted in a signed log.
.PP
\fBgateway\fR \fIVERB\fR \fB\-\-help\fR says all about a verb. Those that list take \fB\-\-json\fR. A child's identifier
is asked for, or read from standard input; it is never an argument.
.SH OPTIONS
.TP
\fB\-\-home\fR \fIDIR\fR
The folder that holds \fIconfig/\fR: else HANDOFF_HOME, this folder, or \fI/etc/handoff\fR.
.TP
\fB\-\-version\fR
Show the version.
"""
_FOOT = r"""
.SH SEE ALSO
.BR ssh\-keygen (1),
.BR age (1),
.BR systemd (1);
OPERATING, SECURITY and PARTNERS in \fI/usr/share/doc/handoff\-gateway\fR
"""


def page(version: str, day: str) -> str:
    """`day`: ISO 8601. In the man(7) language, as ASCII."""
    verbs = "".join(f".TP\n.B {_plain(verb)}\n{_plain(line)}\n" for verb, (_, line) in VERBS.items())
    codes = "".join(f".TP\n.B {code}\n{_plain(meaning)}\n" for code, meaning in sorted(MEANINGS.items()))
    title = f'.TH GATEWAY 1 "{day}" "Handoff Gateway {_plain(version)}" "User commands"'
    return f"{title}{_HEAD}.SH VERBS\n{verbs}.SH EXIT STATUS\n{codes}{_FOOT.lstrip()}"


def _plain(text: str) -> str:
    """Text that the formatter takes for nothing but text."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
