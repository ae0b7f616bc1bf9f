"""Train one here: a small network learns a task whose answer needs memory, while a person watches."""
