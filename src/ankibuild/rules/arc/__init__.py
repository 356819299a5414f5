"""The rules that have to see all banks.

They are run by every build and check, also when nothing has to be read: what only the rules about
one bank need is not imported here.
"""
