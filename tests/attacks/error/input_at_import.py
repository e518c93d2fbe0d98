# Waits for somebody to type at import.
# one: error

answer = input("the answer, please: ")
