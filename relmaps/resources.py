"""What a job asks of the machine, and what it asks when it did not get along with that."""

from collections.abc import Callable


def growing(amount: int) -> Callable:
    """Resource of a rule: `amount` at first, twice as much in the second attempt, three times in the third.

    Snakemake's `--retries` makes attempts; without it a job has one.
    """

    def resource(wildcards, attempt):
        return amount * attempt

    return resource
