"""Find in the Python of a job what would silently lose state, without running it.

The rules look at method chains and follow assigned variables; they do not know types. Where one
is mistaken, a comment `# headgate: allow RULE - reason` in the line switches it off there.
"""
