"""Speed as ratios, each against a yardstick measured in the same run; ``docs/benchmarks.md`` explains them."""
