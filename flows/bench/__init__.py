"""How fast, measured: every figure beside what it is compared with, in the same run."""
