"""What may leave, child by child and field by field, at the moment of release (DESIGN §5).

plan          schema × policy × moment → SQL: the rules, pure, nothing bound yet
  verdicts    what can become of a row, in which order         ages      when an age is attained
  shapes      is a cell a UPN, a ULN, a date, a postcode?      identifiers   normalised, keyed
  consent     which decision counts: the reference in plain Python
engine        runs a plan in a worker of its own and takes its output as a stream
  worker      the process that sees one extract; source, session, accounts are its parts
outcome       what became of a run: counts that balance, refusals, places
snapshot      the register as of a day        register_import, yssa   decisions from a CSV, from a census
  register_news    what of a file the register does not know yet
disclosures   what a verdict says about each field; disclosed reads it back for one child
"""
