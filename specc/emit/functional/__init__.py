"""Functions of several numbers of the policy, paid as their gradient between batches."""
