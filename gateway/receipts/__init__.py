"""What happened, as a log that anyone can verify and nobody can quietly rewrite (DESIGN §8).

receipt, ladder, entry      what a receipt says, where it may stand, how it is read back
log                         appended to and asked; tip and appending are its steps
witnesses                   what partners have cosigned, held against our tree
verification, climbs        the whole log, with nothing but itself and the public key
"""
