"""Make what a student receives from what a TA wrote: regions, stub, README, tree, leak scan."""
