"""Every place from which a handoff, or an alarm, changes something that lasts: its steps, and what is true when it dies there.

`a>b` is what the step itself changes: a before it, b after it. Where several are named, the place is
reached from each. A place or a step that is not here fails the sweep, and so does a row that no run reaches.
"""

from dataclasses import dataclass

TABLE = """
place                              steps                                       the transfer stands at    the partner has

attempts.__init__                  commit                                      any                       any
looking._tell                      open fchmod fsync rename unlink             any                       any

ending.take_back_ended             open fchmod fsync link unlink rename        none                      nothing
stating.state                      mkdir fsync unlink rmdir open fchmod rename none,waiting              nothing
claim._read                        open fchmod fsync link unlink               none,waiting              nothing
minimising._snapshot               open fchmod fsync link unlink               none                      nothing
snapshot.write_snapshot            open fchmod fsync link unlink               none                      nothing
minimising._forget_older           unlink fsync                                none                      nothing
subjects.learn                     commit                                      none                      nothing
duplicates.remember                mkdir open fchmod fsync link unlink rename  none                      nothing
stating._record_waiting            commit                                      none>waiting              nothing

claiming.claim                     mkdir fsync                                 waiting                   nothing
claiming._keep_papers              open fchmod fsync link unlink               waiting                   nothing
claiming._record_approved          commit                                      waiting>approved          nothing
claim.take_out                     unlink fsync                                approved                  nothing
dropped.clear_papers               unlink fsync                                approved                  nothing
dropped.clear_statement            unlink fsync                                approved                  nothing
carrying.empty_folder              mkdir fsync                                 approved                  nothing
carrying._forget                   unlink fsync                                approved                  nothing
sealed_age.write                   open fchmod fsync link unlink               approved                  nothing
sealing._files                     open fchmod fsync link unlink               approved                  nothing
engine._keep                       open fchmod fsync link unlink               approved                  nothing
carrying.hand_on                   open fchmod fsync link unlink               approved                  nothing
sealed.record_sealed               commit                                      approved>sealed           nothing
mailbox.post_order                 rename fsync                                sealed                    nothing
carrying.post                      commit                                      sealed                    nothing

attempts.begin                     commit                                      sealed                    nothing,temporaries
sftp:take-over(json)               sftp                                        sealed                    temporaries
sftp:remove(age,json.sig)          sftp                                        sealed                    temporaries
attempts.never_left                commit                                      sealed                    temporaries
sftp:remove(json)                  sftp                                        sealed                    temporaries,nothing
sftp:create(age,json.sig,json)     sftp                                        sealed                    nothing>temporaries
sftp:write+fsync+close()           sftp                                        sealed                    temporaries
sftp:close()                       sftp                                        sealed,delivered          temporaries,parcel
attempts.record_intent             commit                                      sealed                    temporaries
sftp:rename(age,json.sig)          sftp                                        sealed                    temporaries
sftp:rename(json)                  sftp                                        sealed                    temporaries>parcel
mailbox.report                     open fchmod fsync link unlink               sealed,delivered          parcel
attempts._put_down                 commit                                      sealed                    parcel

observing._climb                   commit                                      sealed>delivered          parcel
observing._delivered               unlink fsync rmdir                          delivered                 parcel
duplicates.forget                  unlink fsync rmdir                          delivered                 parcel
mailbox.drop_ciphertext            unlink fsync                                delivered                 parcel
outcomes.tell_outcome              open fchmod fsync rename unlink             delivered,acknowledged    parcel
mailbox.discard_report             unlink fsync                                delivered,acknowledged    parcel

disposals.expect                   commit                                      sealed,delivered          parcel
attempts.told                      commit                                      delivered                 parcel
attempts.answered                  commit                                      delivered                 parcel
answering.keep_cosignature         commit                                      delivered                 parcel
answering._record                  commit                                      delivered>acknowledged    parcel
mailbox.close_order                unlink fsync rmdir                          acknowledged              parcel
"""
ALERTS = """
place                              steps                                       the alert stands at       people have

attempts.__init__                  commit                                      any                       any
alerts.outgoing                    commit                                      any                       any
looking._tell                      open fchmod fsync rename unlink             any                       any

alert_outbox._commit               commit                                      none>decided              nothing
alert_box.post                     open fchmod fsync link unlink               decided                   nothing
alert_outbox._post                 commit                                      decided>posted            nothing

remembered.begin                   commit                                      posted,sent               any
remembered.sent                    commit                                      posted                    message
alert_box.report                   open fchmod fsync link unlink               posted                    message
remembered.told                    commit                                      posted                    message

alert_box.withdraw                 unlink fsync                                posted                    message
alert_outbox._mark                 commit                                      posted>sent               message
alert_box.discard_report           unlink fsync                                sent                      message
remembered.forget_all_but          commit                                      sent                      message
"""
"""The same of an alarm on its way to people, and of the news that it is over."""
ELSEWHERE = {
    "append_line": "the anchor: a line that was cut short is ended first, and its own tests cut it",
    "written_in": "seen by the names of its callers: notes for staff",
    "remove_folder": "no handoff empties a folder that is not its own",
    "new_private_folder": "founds a home, or is a working folder of `gateway open`, which has tests of its own",
    "shared_folder": "makes the drop folders, before there is anything to lose",
    "open_to_group": "where each half has a user of its own; tests/systemd runs it so",
    "write_back": "begins what a later fsync ends, for large files",
    "move_in": "gives a refused file back to its owner",
    "sweep_in": "takes away what crashes left",
}
"""Doors to the disk through which this handoff does not go, and why."""


@dataclass(frozen=True)
class Row:
    place: str
    steps: frozenset[str]
    stages: str
    partner: str


def place_of(step: str) -> str:
    """`room.function`, or the whole of an SFTP packet: there the request is the place."""
    return step if step.startswith("sftp:") else step.partition(":")[0]


def call_of(step: str) -> str:
    return "sftp" if step.startswith("sftp:") else step.partition(":")[2].rpartition(".")[2]


def rows(table: str = TABLE) -> dict[str, Row]:
    _, *lines = filter(None, table.splitlines())
    parsed = (line.split() for line in lines)
    return {
        place: Row(place=place, steps=frozenset(steps), stages=stages, partner=partner)
        for place, *steps, stages, partner in parsed
    }


def allows(cell: str, moment: str, found: str) -> bool:
    """Whether a cell of the table lets this be found; a packet that is only sent may have been acted on or not."""
    before, changes, after = cell.partition(">")
    if changes and moment != "sent":
        return found == {"before": before, "after": after}[moment]
    return cell == "any" or found in (before, after) or found in cell.split(",")
