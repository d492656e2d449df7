"""The catalogue: what data each department holds, under which conditions it is shared."""
