"""The board in the browser: files of this package and nothing else."""
