"""The command line of Ngã Tư."""


def main() -> None:
    """Run the command named on the command line."""
