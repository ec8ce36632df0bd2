"""Alerts on their way out: by e-mail, by webhook, and a heartbeat while all is well. No personal data comes here."""
