"""The steps that give a ledger its entries back."""
