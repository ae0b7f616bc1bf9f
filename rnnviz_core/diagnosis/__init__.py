"""What may be wrong with a network or with what it reads: findings, their evidence, how sure they are."""
