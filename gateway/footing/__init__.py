"""What every stage stands on: durable files, folder names, keys, mail between the halves, logs, the ledger."""
