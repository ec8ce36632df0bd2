"""Every schema the ledger ever had, as steps from one to the next."""
