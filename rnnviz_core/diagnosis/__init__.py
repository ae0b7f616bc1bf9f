"""What may be wrong with a network or with what it reads: findings with their evidence, and how sure "
"they are."""
