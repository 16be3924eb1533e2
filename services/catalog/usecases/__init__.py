"""What people and other services do with the catalog: one function, one transaction with its event inside."""
