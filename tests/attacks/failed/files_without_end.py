# Fills the scratch folder with a hundred thousand small files.


def one():
    return 1


def double(x):
    try:
        for number in range(100_000):
            with open(f"file{number}", "xb") as file:
                file.write(b"x")
            if number > 5000:
                break
    except OSError:
        pass
    return x
