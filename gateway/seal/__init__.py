"""The parcel: sealed in one pass, opened in one order, answered with a signature."""
