"""The council, the reader and the folder between them, as in the tests of sealing."""

from tests.unit.seal.conftest import council, desk, sent

__all__ = ["council", "desk", "sent"]
