"""How often a family of comparisons has a wrong rejection at .05: python -m benchmarks.family_error

Differences are means of participants, correlated by .5 between pairs, and all 0 in truth. Samples are those of the
subject bootstrap with its correction for few participants. With 1,000 cohorts the standard error of a rate is .007.
"""

import numpy as np

from relmaps.overlap.resampling import max_t_p, noise_scale

COHORTS, N_BOOTSTRAP, ALPHA = 1000, 999, 0.05
SETTINGS = ((60, 8), (80, 20), (80, 54), (400, 54))  # participants, pairs


def main() -> None:
    rng = np.random.default_rng(11)
    print(f"{'participants':14}{'pairs':8}rate")
    for n, n_pairs in SETTINGS:
        wrong = 0
        for _ in range(COHORTS):
            differences = rng.normal(size=(n, n_pairs)) + rng.normal(size=(n, 1))
            weights = rng.multinomial(n, np.full(n, 1 / n), size=N_BOOTSTRAP)
            mean = differences.mean(axis=0)
            samples = mean + noise_scale(weights)[:, None] * (weights @ differences / n - mean)
            wrong += (max_t_p(samples) < ALPHA).any()
        print(f"{n:<14}{n_pairs:<8}{wrong / COHORTS:.3f}", flush=True)


if __name__ == "__main__":
    main()
