"""Decisions and holds: into the register, with a receipt, in one commit; what they overtake is taken back at once.

importing    a file of decisions; what opens anything wants two signatures (`agreeing`)
recording    one decision about one child
showing      one child's decisions, and what they come to
holding      children who must not be disclosed: added by one, lifted by two, listed for the reviewer
"""
