"""Identifier schemes, one module each, all with the same functions.

`compact` folds what people type, `check_digit` computes where there is one, `validate` returns the
clean number or raises `IdentifierFault`, `is_valid` says yes or no, `pretty` writes it for people.
"""
