"""Keys, signing requests, chains, trust stores, revocation, firmware and meter signatures, and a PKI for tests.

Importing a module of this room loads `cryptography`, which takes long: the engine imports it when it is needed.
"""
