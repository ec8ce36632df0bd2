"""From a hostile folder to a private copy that was hashed as it was copied."""
