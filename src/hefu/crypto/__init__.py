"""Signatures and sealing behind one small interface, so that SM2 and SM4 can take their place."""
