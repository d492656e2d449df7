"""Pages of deliveries: the list, one delivery with its progress, rejected rows, the file and the receipt."""
