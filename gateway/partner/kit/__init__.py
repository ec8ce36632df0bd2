"""What a council hands to a new partner: one page, its public keys, and a parcel to rehearse with."""
