"""The engine: what a step is, how an operation walks through its steps, how it is resumed."""
