"""From a table and a formula to arrays: tables, formulas, designs. NumPy only, apart from reading tables."""
