"""SFTP to a pinned host. With the stand-in server the only room that knows paramiko."""
