"""From the syntax tree to typed objectives: names, layers, constants, machines."""
