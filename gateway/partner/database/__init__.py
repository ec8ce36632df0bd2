"""The partner's own database: what was released to it, a row a child, each with the terms on which it was.

    opening     a URL becomes an engine: SQLite by default, PostgreSQL by its URL
    tables      one table a route, and one of all parcels
    records     a data file as rows; removals as references and columns
    loading     one parcel, one transaction
    disposing   what is due goes; which parcels nothing is left of

Nothing of a row leaves this room in an error.
"""
