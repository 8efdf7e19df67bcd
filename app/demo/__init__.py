"""A believable school for trying the program out. Only `flask demo` uses it; all people in it are invented."""
