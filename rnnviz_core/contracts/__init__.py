"""What every task offers: the record of its functions, and what can be asked of any network."""
