"""What the node collects: each holding a Delta table, each run counted, checked and on record."""
