"""Prepare's desk: a Unix socket at which verbs that need its keys are asked for, by people whom the kernel names.

roles         which verb is for whom (pure)
frames        what passes over the socket (bounded), `request` the first of it
peers         who is at the other end, as the kernel has it
conversation  one verb's way back to the person: what is said, what is asked for
listening     the socket itself: one request a connection, so many at a time
handing       for a prepare that cannot see who people are: the kernel is asked next door
"""
