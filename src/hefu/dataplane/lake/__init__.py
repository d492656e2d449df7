"""The node's lake: collected rows as Delta tables on a folder, every version kept until it is dropped."""
