# Is not written at all: the module itself raises.
# one: unwritten

raise NotImplementedError("toy")
