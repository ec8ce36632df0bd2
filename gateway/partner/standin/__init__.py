"""A partner's SFTP server to rehearse with, on this machine only. Not for production."""
