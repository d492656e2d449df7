"""The demonstration: an invented city with real databases, real requests and real receipts.

Every person, firm, number and name here is made by this code from a seed; none belongs to anybody.
"""
